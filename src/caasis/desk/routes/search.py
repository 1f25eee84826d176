"""URLs of finding: the search page, the palette, saved searches, synonyms, exports."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from caasis.desk.views import exports, saved_searches, search, synonyms

_SAVED = "search/saved/<uuid:search_id>/"
_EXPORT = "search/exports/<uuid:export_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("search", search.search, name="search"),
    path("search/quick", search.quick, name="search-quick"),
    path("search/save", saved_searches.save, name="search-save"),
    path("search/saved/", saved_searches.saved, name="saved-searches"),
    path(_SAVED, saved_searches.change, name="saved-search-change"),
    path(f"{_SAVED}delete", saved_searches.delete, name="saved-search-delete"),
    path(f"{_SAVED}restore", saved_searches.restore, name="saved-search-restore"),
    path(f"{_SAVED}new", saved_searches.new, name="saved-search-new"),
    path(f"{_SAVED}seen", saved_searches.seen, name="saved-search-seen"),
    path(f"{_SAVED}unseen", saved_searches.unseen, name="saved-search-unseen"),
    path("search/synonyms", synonyms.synonyms, name="synonyms"),
    path("search/synonyms.txt", synonyms.synonyms_file, name="synonyms-file"),
    path("search/synonyms/restore", synonyms.synonyms_restore, name="synonyms-restore"),
    path("search/export", exports.export, name="search-export"),
    path("search/exports/", exports.exports, name="exports"),
    path("search/exports/state", exports.exports_state, name="exports-state"),
    path(f"{_EXPORT}stop", exports.export_stop, name="export-stop"),
    path(f"{_EXPORT}fetch", exports.export_fetch, name="export-fetch"),
]
