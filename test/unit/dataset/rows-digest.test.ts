import * as fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalDigest } from "../../../src/artifact/key.ts";
import { rowsDigest } from "../../../src/dataset/rows-digest.ts";

test("the digest of rows one by one is that of their list", () => {
  fc.assert(
    fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue())), (rows) => {
      expect(rowsDigest(rows.values())).toBe(canonicalDigest(rows));
    }),
  );
});
