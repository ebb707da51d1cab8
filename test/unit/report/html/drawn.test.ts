import { expect, test } from "vitest";
import { curveFigures } from "../../../../src/report/html/curves.ts";
import { flow } from "../../../../src/report/html/flow.ts";
import { measuredFigure } from "../../../../src/report/html/measured.ts";

test("bands of a flow are as wide as their parts are many, and what is missing is drawn", () => {
  const { markup } = flow({ of: "sample", total: 100, parts: { "with views": 75, quarantined: 15 } });
  const heights = [...markup.matchAll(/<rect x="600" y="[\d.]+" width="14" height="([\d.]+)"/g)].map((each) =>
    Number(each[1]),
  );
  expect(heights).toEqual([75, 15, 10]);
  expect(markup).toContain("10 not accounted for (10 %)");
});

test("means are drawn with both ends of their intervals, and said to who cannot see them", () => {
  const figure = measuredFigure({
    columns: [
      { name: "iteration", title: "iteration", kind: "text" },
      { name: "accuracy", title: "accuracy", kind: "measured" },
    ],
    rows: [
      { iteration: "base", accuracy: { mean: 0.35, half: 0.07 } },
      { iteration: "1", accuracy: null },
      { iteration: "2", accuracy: { mean: 0.9, half: 0.04 } },
    ],
  });
  expect(figure?.markup.match(/<circle/g)).toHaveLength(2);
  expect(figure?.markup).toContain('aria-label="accuracy, base: .35 ± .07; accuracy, 2: .90 ± .04"');
});

test("a table of one row is not drawn", () => {
  const columns = [
    { name: "policy", title: "policy", kind: "text" },
    { name: "accuracy", title: "accuracy", kind: "measured" },
  ] as const;
  expect(measuredFigure({ columns, rows: [{ policy: "base", accuracy: { mean: 0.5, half: 0.1 } }] })).toBeNull();
});

test("every metric of a training log has a figure, the loss first; epochs are none", () => {
  const points = [1, 2, 3].map((step) => ({ step, epoch: step / 3, grad_norm: 1, loss: 1 / step }));
  const figures = curveFigures([{ title: "iter_0", points }]);
  expect(figures.map(({ markup }) => /aria-label="([^:]+):/.exec(markup)?.[1])).toEqual(["loss", "grad_norm"]);
  expect(figures[0]!.markup).toContain("iter_0 from 1.00 to 0.333");
});
