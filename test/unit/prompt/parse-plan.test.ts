import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePlan } from "../../../src/prompt/parse-plan.ts";

const plan = (inside: string, thinking = "<thinking>It hides behind.</thinking>"): string =>
  `${thinking}<instructions>${inside}</instructions>`;

const read = (text: string): unknown => parsePlan(text, "stop", 2, "lenient");

const parse = (text: string): unknown => parsePlan(text, "stop", 2, "strict");

describe("what is understood", () => {
  test.each([
    [
      "the format",
      plan("<instruction>look left</instruction><instruction>look up</instruction>"),
      ["look left", "look up"],
    ],
    [
      "white space anywhere",
      `\n <thinking>\nx\n</thinking>\n\n<instructions>\n <instruction> look left\n</instruction>\n</instructions>\n`,
      ["look left"],
    ],
    ["no thinking block", plan("<instruction>look left</instruction>", ""), ["look left"]],
    ["an empty thinking block", plan("<instruction>look left</instruction>", "<thinking></thinking>"), ["look left"]],
    ["a line break inside", plan("<instruction>look\nleft</instruction>"), ["look\nleft"]],
    [
      "other angle brackets",
      plan("<instruction>a < b, <b>bold</b></instruction>", "<thinking>1 <2> 3</thinking>"),
      ["a < b, <b>bold</b>"],
    ],
    ["the same twice", plan("<instruction>up</instruction><instruction>up</instruction>"), ["up", "up"]],
  ])("%s", (_name, text, instructions) => {
    expect(parse(text)).toEqual({ kind: "instructions", instructions });
  });

  test.each([plan(""), plan("\n"), "<instructions></instructions>"])("no instruction at all is empty: %j", (text) => {
    expect(parse(text)).toEqual({ kind: "empty" });
  });
});

describe("what is a policy failure", () => {
  const one = "<instruction>look left</instruction>";
  test.each([
    ["nothing", "", "the instructions block is missing"],
    ["only prose", "Look left.", "the instructions block is missing"],
    ["only thinking", "<thinking>hm</thinking>", "the instructions block is missing"],
    ["prose in front", `Sure! ${plan(one)}`, "there is text before the first block"],
    ["prose behind", `${plan(one)} Done.`, "there is text after the instructions block"],
    ["a second block behind", plan(one) + plan(one, ""), "there is text after the instructions block"],
    ["prose between the blocks", plan(one, "<thinking>x</thinking> so "), "there is text between the blocks"],
    ["prose between instructions", plan(`${one} and ${one}`), "there is text outside the instructions"],
    ["prose instead of instructions", plan("look left"), "there is text outside the instructions"],
    ["thinking not closed", plan(one, "<thinking>x"), "the thinking block is not closed or has a tag in it"],
    [
      "a tag in the thinking",
      plan(one, `<thinking>${one}</thinking>`),
      "the thinking block is not closed or has a tag in it",
    ],
    [
      "instructions not closed",
      plan(one).replace("</instructions>", ""),
      "the instructions block is not closed or has a wrong tag in it",
    ],
    ["an instruction not closed", plan("<instruction>look left"), "an instruction is not closed or has a tag in it"],
    [
      "a nested instruction",
      plan(`<instruction>look ${one}</instruction>`),
      "an instruction is not closed or has a tag in it",
    ],
    ["an empty instruction", plan("<instruction> \n</instruction>"), "an instruction is empty"],
    [
      "tags in the wrong order",
      `<instructions>${one}</instructions><thinking>x</thinking>`,
      "there is text after the instructions block",
    ],
    [
      "tags in capitals",
      plan(one).replaceAll("instruction", "INSTRUCTION"),
      "there is a tag in another form than the format's: <INSTRUCTIONs>",
    ],
    [
      "a tag of another case in an instruction",
      plan("<instruction>left</Instruction><Instruction>right</instruction>"),
      "there is a tag in another form than the format's: </Instruction>",
    ],
    [
      "a tag with an attribute",
      plan('<instruction>left <instruction id="2"> right</instruction>'),
      'there is a tag in another form than the format\'s: <instruction id="2">',
    ],
    [
      "a tag with white space",
      plan("<instruction>left< /instruction ></instruction>"),
      "there is a tag in another form than the format's: < /instruction >",
    ],
    [
      "a tag that closes itself",
      plan("<instruction>left <instruction/></instruction>"),
      "there is a tag in another form than the format's: <instruction/>",
    ],
    [
      "a tag of another case in the thinking",
      plan(one, "<thinking>so <THINKING></thinking>"),
      "there is a tag in another form than the format's: <THINKING>",
    ],
    [
      "thoughts in an instruction",
      plan("<instruction>look <think>where?</think> left</instruction>"),
      "an instruction is not closed or has a tag in it",
    ],
    ["thoughts in front", `<think>Hm.</think>${plan(one)}`, "there is text before the first block"],
    ["a code fence", `\`\`\`xml\n${plan(one)}\n\`\`\``, "there is text before the first block"],
    ["too many", plan(one + one + one), "there are 3 instructions; at most 2 are allowed"],
  ])("%s", (_name, text, reason) => {
    expect(parse(text)).toEqual({ kind: "policy_failure", reason });
  });

  test("output cut at max_new_tokens, even where it looks whole", () => {
    expect(parsePlan(plan(one), "length", 2, "lenient")).toEqual({
      kind: "policy_failure",
      reason: "the output was cut at max_new_tokens",
    });
  });
});

describe("leniently", () => {
  const one = "<instruction>look left</instruction>";
  const lenient = { kind: "instructions", instructions: ["look left"], lenient: true };

  test.each([
    ["a code fence around it", `\`\`\`\n${plan(one)}\n\`\`\``],
    ["a code fence with a language", `\n\`\`\`xml\n${plan(one)}\n\`\`\`\n`],
    ["thoughts before it", `<think>\nWhat is asked?\n</think>\n\n${plan(one)}`],
    ["thoughts that the prompt began", `What is asked?\n</think>\n\n${plan(one)}`],
    ["a draft in the thoughts", `<think>${plan("<instruction>up</instruction>")}</think>${plan(one)}`],
    ["a closing remark", `${plan(one)}\n\nThis view shows what is hidden.`],
    ["all of them", `<think>x</think>\n\`\`\`xml\n${plan(one)}\n\`\`\`\nThis shows <b>it</b>.`],
  ])("%s is accepted, and said", (_name, text) => {
    expect(read(text)).toEqual(lenient);
    expect(parse(text)).toMatchObject({ kind: "policy_failure" });
  });

  test("an empty plan is one too", () => {
    expect(read(`<think>Nothing is hidden.</think>${plan("")}`)).toEqual({ kind: "empty", lenient: true });
  });

  test("what the format allows is not said to be lenient", () => {
    expect(read(plan(one))).toEqual({ kind: "instructions", instructions: ["look left"] });
    expect(read(plan(""))).toEqual({ kind: "empty" });
  });

  test.each([
    ["prose in front", `Sure! ${plan(one)}`, "there is text before the first block"],
    ["prose between the blocks", plan(one, "<thinking>x</thinking> so "), "there is text between the blocks"],
    ["a second block behind", plan(one) + plan(one, ""), "there is text after the instructions block"],
    ["a thinking block behind", `${plan(one)} <thinking>x</thinking>`, "there is text after the instructions block"],
    [
      "another tag behind",
      `${plan(one)} <Instruction>`,
      "there is a tag in another form than the format's: <Instruction>",
    ],
    ["thoughts that do not end", `<think>${plan(one)}`, "the instructions block is missing"],
    ["nothing after the thoughts", `<think>${plan(one)}</think>`, "the instructions block is missing"],
    ["a fence inside", plan(`\`\`\`\n${one}\n\`\`\``), "there is text outside the instructions"],
    ["a tag in capitals", plan(one).replace("</instruction>", "</Instruction>"), expect.stringMatching("another form")],
    ["a block that is not closed", plan(one).replace("</instructions>", " Done."), expect.stringMatching("not closed")],
    ["too many", `<think></think>${plan(one + one + one)}`, "there are 3 instructions; at most 2 are allowed"],
    [
      "an instruction with thoughts",
      plan("<instruction>look <think>where?</think> left</instruction>"),
      expect.anything(),
    ],
  ])("%s stays a failure", (_name, text, reason: unknown) => {
    expect(read(text)).toEqual({ kind: "policy_failure", reason });
  });
});

test("what is written in the format is read back, and a text cut anywhere inside is a failure", () => {
  const words = fc
    .string({ minLength: 1 })
    .map((text) => text.trim())
    .filter((text) => text !== "" && !text.includes("<"));
  fc.assert(
    fc.property(fc.array(words, { minLength: 1, maxLength: 5 }), words, fc.nat(), (instructions, thinking, cut) => {
      const text = plan(
        instructions.map((each) => `<instruction>${each}</instruction>`).join(""),
        `<thinking>${thinking}</thinking>`,
      );
      expect(parsePlan(text, "stop", 5, "strict")).toEqual({ kind: "instructions", instructions });
      expect(parsePlan(text.slice(0, cut % text.length), "stop", 5, "strict").kind).toBe("policy_failure");
    }),
  );
});
