import { z } from "zod";
import { path } from "../../../recipe/parts/fields.ts";

export const prompt = z
  .strictObject({
    system: path.describe("File with the planner's system prompt"),
    template: path.describe("File with the planner's user prompt: {question}, {max_instructions}"),
    answer: path.describe("File with the question to critic and evaluator: {question}"),
    rate: path.optional().describe("File that asks the critic to rate the views from 1 to 10: {question}"),
    rate_again: path.optional().describe("The same in other words, for a reply that cannot be read: {question}"),
    similarity: path
      .optional()
      .describe("File that asks how close an answer is to the true one, from -2 to 2: {question}, {truth}, {answer}"),
    similarity_again: path
      .optional()
      .describe("The same in other words, for a reply that cannot be read: {question}, {truth}, {answer}"),
  })
  .describe("Prompt files, relative to the worker's root");
