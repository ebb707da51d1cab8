import type { Question } from "./question.ts";

/**
 * Questions that share a picture or a scene, directly or through others: what a split must not tear apart.
 * @returns groups in the order of their first question, questions in the order given
 */
export function pictureGroups(questions: readonly Question[]): Question[][] {
  const parent = new Map<string, string>();
  const rootOf = (name: string): string => {
    let root = name;
    for (let above = parent.get(root); above !== undefined && above !== root; above = parent.get(root)) root = above;
    parent.set(name, root);
    return root;
  };
  for (const { images, scene } of questions) {
    for (const image of images) parent.set(rootOf(image), rootOf(images[0]!));
    // By default a scene is called as its first image is, so they share their names.
    parent.set(rootOf(scene), rootOf(images[0]!));
  }
  return [...Map.groupBy(questions, (question) => rootOf(question.images[0]!)).values()];
}
