import type { DataSet } from "./example.ts";
import { idOf, imagesIn, textIn } from "./fields.ts";

/** What a caption of the data set answers: its rows have no question. */
export const DESCRIBE = "Describe this image in detail.";

const IMAGES = ["image", "images"];

/**
 * PixMo-Cap (arXiv 2409.17146): long captions of pictures of the web. A row is {image_url, caption, transcripts}; its
 * image is an address, and a row whose image was fetched names the file in `image`.
 */
export const pixmoCap: DataSet = {
  fields: ["id", ...IMAGES, "image_url", "caption"],
  imageFields: IMAGES,
  addressField: "image_url",
  labels: [],
  as: {
    demonstration(row, number) {
      const id = idOf(row, number);
      const caption = textIn(row, "caption");
      if ("problem" in caption) return { id, problem: caption.problem };
      const images = imagesIn(row, IMAGES, "image_url");
      if ("problem" in images) return { id, problem: images.problem };
      return { examples: [{ id, image: images.names, prompt: DESCRIBE, answer: caption.text }] };
    },
  },
};
