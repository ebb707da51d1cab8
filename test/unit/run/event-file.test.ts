import { expect, test } from "vitest";
import { eventFile } from "../../../src/run/event-file.ts";

/** What the writer of TensorBoard 2.21 makes of the same numbers. */
const WRITTEN =
  "GAAAAAAAAACjf0siCQAAAED8VNlBGg1icmFpbi5FdmVudDoy7O2PnSkAAAAAAAAAN/9fAAkAAABA/FTZQRABKhwKCwoEbG9zcxUA" +
  "AEA/Cg0KBm1hcmdpbhUAAAC/5yjKGBsAAAAAAAAAGg2eEwkAAABA/FTZQRCsAioNCgsKBGxvc3MVAACAPnEBkKc=";

test("an event file has the bytes that TensorBoard's own writer gives it", () => {
  const points = [
    { step: 1, loss: 0.75, margin: -0.5 },
    { step: 300, loss: 0.25 },
  ];
  expect(eventFile(points, 1_700_000_000).toString("base64")).toBe(WRITTEN);
});
