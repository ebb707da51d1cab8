import { expect, test } from "vitest";
import { mmsi } from "../../../src/benchmark/mmsi.ts";
import { judgeRow, statusCounts } from "../../../src/benchmark/rows.ts";
import { anImported } from "../../support/sample.ts";

const strict = mmsi.settings.parse({});
const published = mmsi.settings.parse({ reader: "mmsi" });

const item = (answer?: string) => ({ ...anImported("q"), ...(answer === undefined ? {} : { answer }) });

test("a question is asked after its images, in the words of MMSI-Bench", () => {
  const asked = mmsi.ask({ ...item("A"), question: "Where is the cup?" }, ["/a.png", "/b.png"], strict);
  expect(asked).toEqual([
    {
      role: "user",
      content: [
        { type: "image", image: "/a.png" },
        { type: "image", image: "/b.png" },
        {
          type: "text",
          text:
            "Where is the cup?\nAnswer with the option's letter from the given choices directly. " +
            "Enclose the option's letter within ``.",
        },
      ],
    },
  ]);
});

const judged = (answer: { text: string } | { reason: string }) =>
  judgeRow(
    item("B"),
    { id: "q", policy: "p", ...("text" in answer ? { ...answer, finish: "stop", prompt_digest: "d" } : answer) },
    (each, text) => mmsi.judge(each, text, strict),
  );

test.each([
  ["B", undefined],
  ["(b)", undefined],
  ["B. left", undefined],
  ["left", `its answer "left" is no option's letter`],
  ["Both", `its answer "Both" is no option's letter`],
  [undefined, "it has no answer"],
])("the true answer %j: %s", (answer, problem) => {
  const { answer: _, ...without } = item();
  expect(mmsi.problem(answer === undefined ? without : { ...without, answer })).toBe(problem);
});

test.each([
  ["``B``", "B", true, true],
  ["The answer is B.", "B", true, true],
  ["`C`", "B", false, false],
  // No letter is stated; the published reader takes the first that stands alone.
  ["N/A", "A", false, true],
  ["<think>It is A.</think>B", "B", true, false],
  ["I cannot tell.", "B", false, false],
])("%j to %s is right by the strict reader: %s, by the published one: %s", (text, answer, byStrict, byPublished) => {
  expect(mmsi.judge(item(answer), text, strict).correct).toBe(byStrict);
  expect(mmsi.judge(item(answer), text, published).correct).toBe(byPublished);
});

test("an answer without a letter is unparseable, and a lost one is no answer", () => {
  const rows = [{ text: "B" }, { text: "C" }, { text: "I cannot tell." }, { reason: "it died" }].map(judged);
  expect(rows.map(({ status }) => status)).toEqual(["right", "wrong", "unparseable", "quarantined"]);
  expect(statusCounts(rows)).toEqual({ right: 1, wrong: 1, unparseable: 1, quarantined: 1 });
});
