/** A sequence of candidates, by their places, and what it is worth. */
export interface Beam {
  readonly picks: readonly number[];
  readonly score: number;
}

/** Which set had a score that is no number. */
export interface Unscored {
  readonly unscored: readonly number[];
}

/**
 * Beam search over sequences of candidates without repetition: every beam is extended by every candidate that is not in
 * it, all of them are scored at once, and the best `size` are kept, for `shots` rounds. Ties go to the lower places.
 *
 * Two orders of one set are two sequences: what a model makes of its examples depends on their order.
 * @param candidates how many there are
 * @param score one number for each sequence
 * @returns the beams, best first; or the first sequence without a finite score
 * @throws {RangeError} for fewer candidates than shots
 */
export async function beamSearch(
  candidates: number,
  { size, shots }: { readonly size: number; readonly shots: number },
  score: (sequences: readonly (readonly number[])[]) => Promise<readonly number[]>,
): Promise<readonly Beam[] | Unscored> {
  if (candidates < shots) throw new RangeError(`${shots} shots need as many candidates; there are ${candidates}`);
  let beams: readonly Beam[] = [{ picks: [], score: 0 }];
  for (let shot = 0; shot < shots; shot++) {
    const longer = beams.flatMap(({ picks }) =>
      Array.from({ length: candidates }, (_, place) => place)
        .filter((place) => !picks.includes(place))
        .map((place) => [...picks, place]),
    );
    const scores = await score(longer);
    const bad = scores.findIndex((each) => !Number.isFinite(each));
    if (bad >= 0) return { unscored: longer[bad]! };
    beams = longer
      .map((picks, at): Beam => ({ picks, score: scores[at]! }))
      .toSorted((a, b) => b.score - a.score || compare(a.picks, b.picks))
      .slice(0, size);
  }
  return beams;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((each, place) => each !== b[place]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}
