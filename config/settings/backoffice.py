"""How Unfold looks and what it loads; the callbacks are in `config/admin.py`."""

from django.urls import reverse_lazy

UNFOLD = {
    "SITE_TITLE": "React Fast",
    "SITE_HEADER": "React Fast",
    "SITE_URL": "/",
    "SITE_ICON": "config.admin.mark",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "config.admin.favicon"},
    ],
    "SHOW_HISTORY": True,
    "SHOW_BACK_BUTTON": True,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "10px",
    "ENVIRONMENT": "config.admin.environment_label",
    "STYLES": ["config.admin.tokens", "config.admin.theme", "config.admin.components"],
    "SCRIPTS": ["config.admin.policy_bridge", "config.admin.find_key", "config.admin.field_vitals"],
    "COMMAND": {"search_models": True, "show_history": True},
    "ACCOUNT": {
        "navigation": [
            {"title": "Your sign-in", "link": reverse_lazy("two_step:mine")},
            {"title": "Change password", "link": reverse_lazy("admin:password_change")},
        ],
    },
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "navigation": "config.admin.sidebar",
    },
    "TABS": "config.admin.tabs",
    "COLORS": {
        "base": {
            "50": "#F6F7F2",
            "100": "#ECEFE8",
            "200": "#D8DED7",
            "300": "#BCC6BD",
            "400": "#94A69B",
            "500": "#5A6A61",
            "600": "#43534A",
            "700": "#2F3D36",
            "800": "#22302A",
            "900": "#131D18",
            "950": "#0C1410",
        },
        "primary": {
            "50": "#EEF9F3",
            "100": "#E3F3EA",
            "200": "#B9E4CF",
            "300": "#79E2B5",
            "400": "#5AD9A3",
            "500": "#35C98B",
            "600": "#0A6B47",
            "700": "#085638",
            "800": "#0C4230",
            "900": "#11352A",
            "950": "#07301F",
        },
        "font": {
            "subtle-light": "var(--color-base-500)",
            "subtle-dark": "var(--color-base-400)",
            "default-light": "var(--color-base-600)",
            "default-dark": "var(--color-base-300)",
            "important-light": "#12211A",
            "important-dark": "#EAF1EC",
        },
    },
}
