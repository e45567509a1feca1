"""What goes in and out of the token endpoint."""

from __future__ import annotations

import marshmallow as ma

from shared.fields import Schema, Str


class TokenRequest(Schema):
    """OAuth2 client credentials (RFC 6749, 4.4); the id and secret may come by HTTP Basic instead."""

    class Meta:
        unknown = ma.EXCLUDE

    grant_type = Str(max=50, load_default="client_credentials")
    client_id = Str(max=100, load_default=None)
    client_secret = Str(max=200, load_default=None)
    scope = Str(max=500, load_default="")


class Token(ma.Schema):
    access_token = ma.fields.String(required=True)
    token_type = ma.fields.String(required=True)
    expires_in = ma.fields.Integer(required=True)
    scope = ma.fields.String(required=True)
