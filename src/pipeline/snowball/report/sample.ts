/** Some of many, spread over all of them in their order; all of few. The same ones every time. */
export function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, place) => items[Math.floor((place * items.length) / most)]!);
}

/** "the 400 shown are spread evenly over 4,812"; nothing where all are shown. */
export function spreadNote(shown: number, all: number, noun: string): string | null {
  if (shown === all) return null;
  return `There are ${all.toLocaleString("en-US")} ${noun}s; the ${shown.toLocaleString("en-US")} here are spread evenly over them.`;
}
