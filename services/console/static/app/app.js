// Behaviour that every page has: messages after actions, errors of partial loads, confirmations.
// No inline handlers anywhere: pages carry data attributes, this file listens.

(() => {
  "use strict";

  const words = document.documentElement.dataset;

  function toast(text, kind) {
    const area = document.getElementById("toasts");
    if (!area || !text) return;
    const box = document.createElement("div");
    box.className = `alert alert-${kind === "error" ? "danger" : "success"}`;
    box.setAttribute("role", kind === "error" ? "alert" : "status");
    box.textContent = text;
    area.append(box);
    setTimeout(() => box.remove(), kind === "error" ? 12000 : 5000);
  }

  document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.kind));

  // A refused action answers with its reason in a header or as the swapped-in content;
  // no answer at all means that the connection is gone.
  document.addEventListener("htmx:sendError", () => toast(words.offline, "error"));
  document.addEventListener("htmx:timeout", () => toast(words.offline, "error"));

  // Where the session has ended meanwhile, a partial load must not show the sign-in page in a corner.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status === 401) {
      event.detail.shouldSwap = false;
      window.location.reload();
    }
  });

  document.addEventListener("submit", (event) => {
    const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
    if (question && !window.confirm(question)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    // A second click must not send a form twice.
    if (!event.target.hasAttribute("hx-post") && !event.target.target) {
      const button = event.submitter;
      setTimeout(() => { if (button) button.disabled = true; }, 0);
      setTimeout(() => { if (button) button.disabled = false; }, 8000);
    }
  }, true);

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
  });

  document.addEventListener("click", (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      navigator.clipboard?.writeText(document.querySelector(copy.dataset.copy).textContent.trim());
      toast(words.copied);
    }
    if (event.target.closest("[data-print]")) window.print();
    const insert = event.target.closest("[data-insert]");
    if (insert) {
      const fields = insert.closest("[data-message]")?.querySelectorAll("textarea, input[data-template]");
      const target = [...(fields ?? [])].find((field) => field.dataset.last) ?? fields?.[0];
      if (target) {
        target.setRangeText(insert.dataset.insert, target.selectionStart, target.selectionEnd, "end");
        target.focus();
      }
    }
  });

  document.addEventListener("focusin", (event) => {
    const message = event.target.closest("[data-message]");
    if (message && event.target.matches("textarea, input[data-template]")) {
      message.querySelectorAll("[data-last]").forEach((field) => delete field.dataset.last);
      event.target.dataset.last = "1";
    }
  });
})();
