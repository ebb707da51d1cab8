import { expect, test } from "vitest";
import { judgeRow } from "../../../src/benchmark/rows.ts";
import { vsr } from "../../../src/benchmark/vsr.ts";
import { anImported } from "../../support/sample.ts";

const item = { ...anImported("q"), question: "The cup is on the box.", answer: "false" };

test("a sentence is asked after its image", () => {
  expect(vsr.ask(item, ["/a.png"], {})).toEqual([
    {
      role: "user",
      content: [
        { type: "image", image: "/a.png" },
        {
          type: "text",
          text: "Is this sentence about the image true or false? The cup is on the box.\nAnswer with true or false.",
        },
      ],
    },
  ]);
});

test.each([
  ["false", "right", "false"],
  ["True.", "wrong", "true"],
  ["true and false in turn: false, then true", "unparseable", null],
  ["The cup is behind it.", "unparseable", null],
])("%j is %s", (text, status, said) => {
  const answer = { id: "q", policy: "p", text, finish: "stop" as const, prompt_digest: "d" };
  expect(judgeRow(item, answer, (each, answered) => vsr.judge(each, answered, {}))).toMatchObject({ status, said });
});

test("a truth that is neither is refused at import, and cannot be judged", () => {
  expect(vsr.problem(item)).toBeUndefined();
  expect(vsr.problem({ ...item, answer: "yes" })).toBe('its answer "yes" is neither true nor false');
  expect(() => vsr.judge({ ...item, answer: "yes" }, "true", {})).toThrow(RangeError);
});
