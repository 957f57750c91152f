# SPDX-License-Identifier: MIT
"""How Sphinx makes the pages; tools/docs calls it.

The guides are Markdown. The reference is what kernel-doc makes of the headers; tools/docs leaves it in build/docs/kernel-doc,
and the pages in docs/reference include it.
"""

import pathlib
import re

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging

logger = logging.getLogger(__name__)

project = "drm_dep"
author = "the drm_dep authors"
copyright = author
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
html_theme = "sphinx_rtd_theme"
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
exclude_patterns = ["fragments", "sphinx"]
root_doc = "index"
highlight_language = "c"
primary_domain = "c"

# What the headers and the guides name has to be in the reference. What is Linux's is not.
nitpicky = True
nitpick_ignore_regex = [("c:identifier", "drm_dep_workqueue"), ("c:.*", r"(?!(__)?drm_dep_|DRM_DEP_|drm_vgpu_|DRM_VGPU_|DRM_IOCTL_VGPU_).*")]

HERE = pathlib.Path(__file__).resolve().parent
HEADERS = " ".join(path.read_text() for path in HERE.parent.parent.glob("include/**/*.h"))
WORDS = set(re.findall(r"\w+", HEADERS))
DOCUMENTED = set()
for page in HERE.parent.parent.glob("build/docs/kernel-doc/*.rst"):
    DOCUMENTED.update(re.findall(r"^\.\. c:macro:: (\w+)", page.read_text(), re.M))
    DOCUMENTED.update(name + "()" for name in re.findall(r"^\.\. c:(?:function|macro):: .*?(\w+) ?\(", page.read_text(), re.M))

OURS = re.compile(r"\b((?:__)?drm_dep_\w+\(\)|DRM_DEP_[A-Z]\w+|DRM_VGPU_[A-Z]\w+|DRM_IOCTL_VGPU_\w+)(?![*\w])")


def reference(name, shown, docname):
    """A link, or just what is shown where there is nothing to link to: kernel-doc gives values of an enum no place of their own."""
    if name in DOCUMENTED:
        target = name.removesuffix("()")
        role = "func" if name != target else "macro"
        return addnodes.pending_xref(name, shown, refdomain="c", reftype=role, reftarget=target, refexplicit=False, refwarn=True)
    if name.removesuffix("()") not in WORDS:
        logger.warning("no header has a %s", name, location=docname)
    return shown


def link_names(app, doctree):
    """Makes a link of every function() and every constant of ours that a text names."""
    docname = app.env.docname
    for text in list(doctree.findall(nodes.Text)):
        parent = text.parent
        if isinstance(parent, nodes.literal):
            if OURS.fullmatch(text.astext()) and not isinstance(parent.parent, (nodes.reference, addnodes.pending_xref)):
                parent.parent.replace(parent, reference(text.astext(), parent.deepcopy(), docname))
        elif isinstance(parent, (nodes.paragraph, nodes.emphasis, nodes.strong)):
            parts = OURS.split(text.astext())
            pieces = [reference(part, nodes.literal(part, part), docname) if at % 2 else nodes.Text(part)
                      for at, part in enumerate(parts)]
            if len(pieces) > 1:
                parent.replace(text, pieces)


def setup(app):
    app.connect("doctree-read", link_names)
