/** The pictures of a folder as the server lists them. Written from lora_core/dataset by `python -m devtools.view_types`. */

/** A picture and its caption. */
export interface GalleryEntry {
  /** 32 hex digits, by which the picture is asked for. */
  key: string;
  style: string;
  name: string;
  /** Empty if it has none. */
  caption: string;
  /** When its file was changed, in milliseconds since 1970, so that a browser may keep its small version for ever. */
  version: number;
}

/** The pictures of a gallery by side, and what is to be known about the split. */
export interface Sides {
  /** Keys of the pictures to train on. */
  training: string[];
  /** Keys of those that are held out. */
  validation: string[];
  left_out: LeftOut[];
  /** Remarks on what was found, each a sentence. */
  notes: string[];
  /** Why a style can't be used as it is. */
  problems: string[];
}

/** A file that is neither trained on nor held out. */
export interface LeftOut {
  /** Of its picture in the gallery; files that the gallery does not show have one, too. */
  key: string;
  style: string;
  name: string;
  reason: string;
}
