/** Names that somebody could give to a fault, an objective or a part, to break what shows them. */
export const hostileNames: readonly (readonly [what: string, text: string])[] = [
  ["a table's and a list's own signs", "a | b \\| c\n| x | y |\n- item\n# head\n1. one"],
  ["code", "`code` ``two`` ```\nfence\n```"],
  ["markup", "<script>alert(1)</script><img src=x onerror=alert(1)><!-- --> &lt;b&gt; <https://a.example>"],
  [
    "links and mentions",
    "[x](https://a.example) ![i](//b.example/i.png) https://a.example www.a.example @team/all me@a.example #12 GH-12 !7",
  ],
  ["emphasis and mathematics", "*a* __b__ ~~c~~ $x^2$ \\(y\\)"],
  ["ends of XML sections", "x ]]> y <![CDATA[ z ]]> &#0; &quot; \" '"],
  [
    "terminal sequences",
    "\u001b[31mred\u001b]8;;https://a.example\u0007link\u001b\\ \u009b2J \u0000\b\r\u007f",
  ],
  ["text turned around", "abc \u202etxt\u2066x\u200f y\u2028z"],
  ["halves and no characters", "\ud83e | \udd45 \ufffe\uffff\ufeff"],
  ["a long one", "x".repeat(5000)],
];
