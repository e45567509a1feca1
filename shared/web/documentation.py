"""A service's OpenAPI document, as JSON and as a page to read."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, current_app, jsonify, render_template_string
from flask_smorest import Api

from shared.web.blueprint import Blueprint


def spec_options() -> dict[str, Any]:
    return {
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            }
        }
    }


def init_app(app: Flask, api: Api) -> None:
    """Serve the document under /api/v1/<service>/."""
    service = app.name
    pages = Blueprint("documentation", __name__, url_prefix=f"/api/v1/{service}", read="", write="")

    @pages.get("/openapi.json")
    def openapi() -> Response:
        return jsonify(api.spec.to_dict())

    @pages.get("/docs")
    def docs() -> str:
        return render_template_string(PAGE, spec=api.spec.to_dict(), service=current_app.name)

    app.register_blueprint(pages)


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ spec.info.title }}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>{{ spec.info.title }} {{ spec.info.version }}</h1>
<p>The same as a document for programs: <a href="openapi.json">openapi.json</a></p>
{% for path, item in spec.paths.items() %}<section><h2><code>{{ path }}</code></h2><dl>
{% for method, operation in item.items() if method != "parameters" %}
<dt><strong>{{ method | upper }}</strong> {{ operation.summary or "" }}</dt>
<dd>{% if operation.description %}<p>{{ operation.description }}</p>{% endif %}
<p>{% for need in operation.security or [] %}Scope: <code>{{ need.token | join(", ") }}</code>.{% else %}No
token needed.{% endfor %} Answers: {{ operation.responses.keys() | join(", ") }}.</p></dd>
{% endfor %}</dl></section>{% endfor %}</main></body></html>"""
