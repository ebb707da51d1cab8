import { expect, test } from "vitest";
import { embedded, html } from "../../../../src/report/html/html.ts";

test("values are escaped on their way in, markup is not", () => {
  const inner = html`<b>${'<img src="x">'}</b>`;
  expect(html`<p title="${`"'`}">${[inner, "a & b"]}${null}${3}</p>`.markup).toBe(
    '<p title="&quot;&#39;"><b>&lt;img src=&quot;x&quot;&gt;</b>a &amp; b3</p>',
  );
});

test("no text of the data ends a script", () => {
  const { markup } = embedded({ said: "</script><script>alert(1)</script>" });
  expect(markup).not.toContain("</script>");
  expect(JSON.parse(markup)).toEqual({ said: "</script><script>alert(1)</script>" });
});
