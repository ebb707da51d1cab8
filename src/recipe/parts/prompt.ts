import { z } from "zod";
import { path } from "./fields.ts";

export const prompt = z
  .strictObject({
    system: path.describe("File with the planner's system prompt"),
    template: path.describe("File with the planner's user prompt: {question}, {max_instructions}"),
    answer: path.describe("File with the question to critic and evaluator: {question}"),
  })
  .describe("Prompt files, relative to the worker's root");
