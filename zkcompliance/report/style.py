"""The page's style: dark on white, one column, A4 in print. Status is told by word and border,
not by colour alone."""

from __future__ import annotations

STYLE = """
:root { --sans: "Helvetica Neue", Arial, "Liberation Sans", sans-serif;
  --ink: #16181d; --soft: #4d535e; --rule: #c9cdd4; --faint: #f5f6f8; --met: #0b5b30; --bad: #92140f;
  --open: #6a4700; }
* { box-sizing: border-box; }
html { color: var(--ink); background: #fff;
  font: 17px/1.55 Charter, "Bitstream Charter", "Sitka Text", Cambria, Georgia, "Liberation Serif", serif;
  -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { max-width: 46rem; margin: 0 auto; padding: 3rem 1.5rem 4rem; overflow-wrap: normal; }
.long, bdi { overflow-wrap: anywhere; }
h1, h2, h3, h4, th, dt, .kind, .status, .mark, figcaption, svg text, footer, nav { font-family: var(--sans); }
h1 { font-size: 1.75rem; line-height: 1.25; margin: .25rem 0 1.5rem; font-weight: 650; letter-spacing: -.01em;
  text-wrap: balance; }
h2 { font-size: 1.15rem; margin: 3.25rem 0 1rem; padding-top: .75rem; border-top: 2px solid var(--ink);
  font-weight: 650; }
h3 { font-size: 1.15rem; margin: 0 0 .5rem; font-weight: 650; display: flex; flex-wrap: wrap; gap: .3rem .8rem;
  align-items: baseline; }
h4 { font-size: .78rem; margin: 1.6rem 0 .4rem; font-weight: 650; color: var(--soft); letter-spacing: .02em; }
p { margin: 0 0 .75rem; }
ul, ol { margin: 0 0 .75rem; padding-left: 1.25rem; }
li { margin: .2rem 0; }
.kind { font-size: .82rem; color: var(--soft); margin: 0; letter-spacing: .03em; }
.status { display: inline-block; font-size: .74rem; font-weight: 700; line-height: 1.3; padding: .12rem .5rem;
  border: 1.5px solid; border-radius: 3px; white-space: nowrap; }
.met { color: var(--met); }
.not-met { color: var(--bad); border-width: 3px; }
.not-shown { color: var(--bad); border-style: dashed; }
.not-judged { color: var(--bad); border-style: dotted; }
.undecided { color: var(--open); border-style: dotted; }
.mark { font-size: .74rem; font-weight: 700; color: var(--open); border-bottom: 1.5px solid; white-space: nowrap; }
.says { font-size: 1.06rem; }
header h1 + .says { margin: -.9rem 0 1.5rem; color: var(--soft); }
.meaning { padding-left: 1.15rem; margin-bottom: .35rem; }
.clause { padding-left: 1.15rem; text-indent: -1.15rem; margin-bottom: .35rem; }
.soft, .doc { color: var(--soft); }
.doc { display: block; font-size: .86rem; font-weight: 400; line-height: 1.4; }
.error { border-left: 4px solid var(--bad); padding: .1rem 0 .1rem .9rem; font-weight: 600; }
.warnings { list-style: none; padding: 0; }
.warnings li { border-left: 4px solid var(--open); padding: .1rem 0 .1rem .9rem; font-weight: 700; }
header h2 { font-size: 1rem; margin: 1.6rem 0 .5rem; padding-top: 0; border-top: 0; }
.unshown { display: block; font-size: .9rem; }
code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; font-size: .84em;
  overflow-wrap: anywhere; }
.digest { font-size: .8em; letter-spacing: .01em; }
pre { white-space: pre-wrap; background: var(--faint); border: 1px solid var(--rule); border-radius: 4px;
  padding: .75rem .9rem; margin: 0 0 .75rem; }
.facts { margin: 0 0 .75rem; }
.facts > div { display: grid; grid-template-columns: 10.5rem minmax(0, 1fr); gap: 0 1rem; padding: .38rem 0;
  border-bottom: 1px solid var(--rule); }
.facts > div:first-child { border-top: 1px solid var(--rule); }
dt { font-size: .82rem; color: var(--soft); padding-top: .12rem; }
dd { margin: 0; min-width: 0; }
dd ul { margin: 0; }
table { width: 100%; border-collapse: collapse; margin: 0 0 .75rem; font-size: .94rem; }
th, td { text-align: left; vertical-align: top; padding: .42rem .9rem .42rem 0;
  border-bottom: 1px solid var(--rule); min-width: 0; }
thead th { font-size: .78rem; color: var(--soft); font-weight: 600; border-bottom: 1.5px solid var(--ink); }
tbody th { font-weight: 600; font-size: .9rem; }
th:last-child, td:last-child { padding-right: 0; }
th:nth-child(1) { width: 36%; }
th:nth-child(2) { width: 36%; }
.summary th:nth-child(1) { width: 28%; }
.summary th:nth-child(2) { width: 6.5rem; }
.heard { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.finding { margin: 0 0 2.5rem; padding-top: 1.1rem; border-top: 1px solid var(--rule); }
h2 + .finding { border-top: 0; padding-top: 0; }
figure { margin: 1rem 0 1.25rem; }
svg { display: block; width: 100%; max-width: 31rem; height: auto; }
figcaption { font-size: .82rem; color: var(--soft); line-height: 1.45; max-width: 34rem; }
svg .axis { stroke: #4d535e; stroke-width: 1.25; }
svg .limit { stroke: #16181d; stroke-width: 2.5; }
svg .leader { stroke: #16181d; stroke-width: 1; stroke-dasharray: 2 3; }
svg .band { fill: #d3d7de; stroke: #4d535e; stroke-width: 1; }
svg .value { fill: #16181d; stroke: #fff; stroke-width: 2; }
svg text { font-size: 15px; fill: #16181d; }
svg .tick { fill: #4d535e; font-size: 13.5px; }
svg .strong { font-weight: 700; }
a { color: inherit; text-decoration-thickness: 1px; text-underline-offset: 2px; }
a:focus-visible { outline: 2px solid var(--ink); outline-offset: 2px; }
footer { margin-top: 3.5rem; padding-top: .75rem; border-top: 2px solid var(--ink); font-size: .82rem;
  color: var(--soft); }
@media (max-width: 34rem) {
  html { font-size: 16px; }
  body { padding: 1.5rem 1.1rem 3rem; }
  h1 { font-size: 1.4rem; }
  .facts > div { grid-template-columns: minmax(0, 1fr); }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, tbody th, tbody th:nth-child(n), .summary tbody th:nth-child(n), td { display: block; width: auto; }
  tbody tr { border-bottom: 1px solid var(--rule); padding: .5rem 0; }
  tbody tr:first-child { border-top: 1px solid var(--rule); }
  tbody th, td { border: 0; padding: .1rem 0; }
  td[data-label]::before { content: attr(data-label) ": "; color: var(--soft); font: .82rem var(--sans); }
}
@media print {
  html { font-size: 9.7pt; line-height: 1.38; }
  body { max-width: none; margin: 0; padding: 0; }
  h2 { margin: 1.8rem 0 .7rem; padding-top: .5rem; }
  h4 { margin-top: 1.05rem; }
  .facts > div, th, td { padding-top: .26rem; padding-bottom: .26rem; }
  .finding { margin-bottom: 1.5rem; padding-top: .7rem; }
  figure { margin: .5rem 0 .7rem; }
  svg { max-width: 25rem; }
  h2 + p { break-after: avoid; }
  h1, h2, h3, h4, thead { break-after: avoid; }
  figure, tr, .facts > div, li, p, pre, .keep { break-inside: avoid; }
  h4 + .facts, h4 + p, h4 + ul { break-before: avoid; }
  header, .finding { orphans: 3; widows: 3; }
  footer { display: none; }
  a { text-decoration: none; }
}
@page { size: A4; margin: 17mm 18mm 17mm; }
"""
