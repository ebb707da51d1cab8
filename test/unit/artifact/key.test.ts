import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalDigest, canonicalJson } from "../../../src/artifact/canonical-json.ts";
import { artifactKey, stepOf } from "../../../src/artifact/key.ts";

const digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

describe("canonical JSON", () => {
  test("sorts keys at every depth and leaves undefined members out", () => {
    expect(canonicalJson({ b: [1, { d: null, c: "é" }], a: true, x: undefined })).toBe(
      '{"a":true,"b":[1,{"c":"é","d":null}]}',
    );
  });

  test("the digest of {} is sha256 of its two bytes", () => {
    expect(canonicalDigest({})).toBe("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  });

  test.each([[Number.NaN], [Infinity], [[undefined]], [{ at: new Date(0) }], [new Map()], [() => 1]])(
    "refuses %j",
    (value) => {
      expect(() => canonicalJson(value)).toThrow(/has no canonical JSON/);
    },
  );

  test("is JSON of the same value, whatever the order of its keys", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const shuffled = Object.fromEntries(Object.entries(value).toReversed());
        expect(canonicalJson(shuffled)).toBe(canonicalJson(value));
        expect(JSON.stringify(JSON.parse(canonicalJson(value)))).toBe(
          JSON.stringify(JSON.parse(canonicalJson(shuffled))),
        );
      }),
    );
  });
});

describe("artifact key", () => {
  const recipe = { step: "rollout", version: 1, params: { k: 8, top_p: 0.95 }, inputs: [digest] };

  test("is the step and 40 hex digits, the same for the same recipe", () => {
    expect(artifactKey(recipe)).toMatch(/^rollout-[0-9a-f]{40}$/);
    expect(artifactKey({ ...recipe, params: { top_p: 0.95, k: 8 } })).toBe(artifactKey(recipe));
    expect(stepOf(artifactKey(recipe))).toBe("rollout");
  });

  test.each([
    { step: "score" },
    { version: 2 },
    { params: { k: 9, top_p: 0.95 } },
    { inputs: [] },
    { inputs: [digest, digest] },
  ])("changes with %j", (change) => {
    expect(artifactKey({ ...recipe, ...change })).not.toBe(artifactKey(recipe));
  });

  test("refuses an input that is no digest, and a step that could leave its folder", () => {
    expect(() => artifactKey({ ...recipe, inputs: ["9b1c"] })).toThrow(
      /Input "9b1c" of step "rollout" is not a sha256/,
    );
    expect(() => artifactKey({ ...recipe, step: "../x" })).toThrow(/cannot name a step/);
    expect(() => stepOf(`../x-${"0".repeat(40)}`)).toThrow(/is not an artifact key/);
  });
});
