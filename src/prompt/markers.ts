import { IMAGE_MARKER } from "./messages.ts";

/** Markers that would become image or control tokens in a prompt. Whoever tells images to a model adds them. */
const MARKER = /<image>|<video>|<\|[a-z0-9_]+\|>/i;

/** The image markers before a text, however they are spaced. */
const LEADING_MARKERS = /^(?:\s*<image>)*\s*/;

/** The first marker in a text; undefined where there is none. */
export function markerIn(text: string): string | undefined {
  return MARKER.exec(text)?.[0];
}

/**
 * The text behind its image markers, which stand before it, one per image, or are left out altogether.
 * @returns the text; or what is wrong with the markers, as the end of a sentence that begins with the text's field
 */
export function behindMarkers(text: string, images: number): { readonly text: string } | { readonly problem: string } {
  const leading = LEADING_MARKERS.exec(text)![0];
  const before = markersIn(leading);
  if (markersIn(text) > before) {
    return { problem: `has the marker ${IMAGE_MARKER} after its text began; all markers stand before it` };
  }
  if (before > 0 && before !== images) {
    const markers = `${before} marker${before === 1 ? "" : "s"} ${IMAGE_MARKER}`;
    return {
      problem: `has ${markers}, but its row names ${images} image${images === 1 ? "" : "s"}; one each is needed`,
    };
  }
  return { text: text.slice(leading.length) };
}

function markersIn(text: string): number {
  return text.split(IMAGE_MARKER).length - 1;
}

/** Half of a character that takes two, as cutting a text in the wrong place leaves it: no model can be sent it. */
export function isTorn(text: string): boolean {
  return !text.isWellFormed();
}
