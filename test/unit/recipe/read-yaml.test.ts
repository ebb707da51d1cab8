import { expect, test } from "vitest";
import { readYaml } from "../../../src/recipe/read-yaml.ts";

const tenfold = (name: string, of: string) => `${name}: &${name} [${`*${of}, `.repeat(10)}]\n`;

test("an anchor is followed where it is used", () => {
  expect(readYaml("a: &a { x: 1 }\nb: *a\n", "my.yaml").value).toEqual({ a: { x: 1 }, b: { x: 1 } });
});

test.each([
  ["an unknown alias", "name: *nobody\n", /^my\.yaml {2}is not YAML: Unresolved alias \(.*\): nobody\.$/],
  ["an alias of what it stands in", "name: &a\n  - *a\n", /is not YAML: an alias stands within what it stands for\.$/],
  [
    "aliases that unfold without end",
    `a: &a [${"x, ".repeat(10)}]\n${tenfold("b", "a")}${tenfold("c", "b")}${tenfold("d", "c")}`,
    /is not YAML: Excessive alias count/,
  ],
  ["brackets without end", "[".repeat(20_000), /is not YAML: /],
  ["a bracket that is not closed", "a: 1\nb: [1", /^my\.yaml:2 {2}is not YAML: /],
])("%s is told in one sentence", (_, text, sentence) => {
  expect(() => readYaml(text, "my.yaml")).toThrow(
    expect.objectContaining({ type: "BadInput", message: expect.stringMatching(sentence) as string }) as Error,
  );
});
