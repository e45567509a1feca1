// The Alpine components (CSP build: no expressions in the pages, only names of what stands here).

document.addEventListener("alpine:init", () => {
  // A file chosen by click or dropped anywhere on the area is sent at once, with its progress shown.
  Alpine.data("upload", () => ({
    over: false,
    busy: false,
    name: "",
    sent: 0,
    tooLarge: false,
    get overClass() { return this.over ? "over" : ""; },
    get idle() { return !this.busy; },
    enter() { this.over = true; },
    leave() { this.over = false; },
    drop(event) {
      this.over = false;
      if (!event.dataTransfer.files.length) return;
      this.$refs.file.files = event.dataTransfer.files;
      this.send();
    },
    send() {
      const file = this.$refs.file.files[0];
      if (!file || this.busy) return;
      document.getElementById("upload-problem").replaceChildren();
      this.tooLarge = file.size > Number(this.$root.dataset.most);
      if (this.tooLarge) {
        this.$refs.file.value = "";
        return;
      }
      this.busy = true;
      this.name = file.name;
      this.sent = 0;
      htmx.trigger(this.$root, "upload");
    },
    progress(event) {
      if (event.detail.lengthComputable) this.sent = Math.round(100 * event.detail.loaded / event.detail.total);
    },
    done() {
      this.busy = false;
      this.$refs.file.value = "";
    },
  }));

  Alpine.data("secret", () => ({
    shown: false,
    get type() { return this.shown ? "text" : "password"; },
    get pressed() { return this.shown ? "true" : "false"; },
    toggle() { this.shown = !this.shown; },
  }));

  // A part of the group tree that can be folded away.
  Alpine.data("branch", () => ({
    open: true,
    get expanded() { return this.open ? "true" : "false"; },
    init() { this.open = this.$root.dataset.open === "yes"; },
    toggle() { this.open = !this.open; },
  }));

  // The steps of a sequence: order is the order in the page, the server numbers them again.
  Alpine.data("step", () => ({
    up() {
      const before = this.$root.previousElementSibling;
      if (before) before.before(this.$root);
      this.$root.querySelector("[data-up]").focus();
    },
    down() {
      const after = this.$root.nextElementSibling;
      if (after) after.after(this.$root);
      this.$root.querySelector("[data-down]").focus();
    },
    remove() {
      const neighbour = this.$root.nextElementSibling ?? this.$root.previousElementSibling;
      this.$root.remove();
      neighbour?.querySelector("input, textarea, select")?.focus();
    },
  }));
});
