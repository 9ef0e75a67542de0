// @ts-check
/** What was dropped from the desktop: the files of folders, by their place in them. Does nothing on import. */

/** @typedef {{path: string, file: File}} PlacedFile a file, and where it is, such as "val/house.png" */
/** @typedef {{name: string, files: PlacedFile[]}} DroppedFolder */
/** @typedef {{entries: FileSystemEntry[], files: File[]}} Dropped */

/** The name of several folders together, each a style, and of pictures without a folder. */
const [STYLES, PICTURES] = ["styles", "pictures"];

/**
 * Takes what an event drops while it is being handled: afterwards the browser gives it no more.
 *
 * @param {DataTransfer | null} transfer
 * @returns {Dropped | null} null if it is no folder and no more than one file, which ComfyUI may open as a workflow
 */
export function takeDropped(transfer) {
  const items = [...(transfer?.items ?? [])].filter(({ kind }) => kind === "file");
  const entries = items.map((item) => item.webkitGetAsEntry?.() ?? null).filter((entry) => entry !== null);
  const files = [...(transfer?.files ?? [])];
  return entries.some(({ isDirectory }) => isDirectory) || files.length > 1 ? { entries, files } : null;
}

/**
 * The name of the picture that an event drops if it is alone.
 *
 * @param {DataTransfer | null} transfer
 * @returns {string} empty if there is none, or more
 */
export function alonePicture(transfer) {
  const [file, ...others] = transfer?.files ?? [];
  return file?.type.startsWith("image/") && !others.length ? file.name : "";
}

/**
 * Lists the files. Hidden ones, which operating systems leave behind, are not among them.
 *
 * @param {Dropped} dropped
 * @returns {Promise<DroppedFolder>}
 */
export async function readDropped({ entries, files }) {
  const folders = entries.filter(isFolder);
  if (!folders.length) return { name: PICTURES, files: visible(files.map((file) => ({ path: file.name, file }))) };
  const [first] = folders;
  if (entries.length === 1) return { name: first.name, files: visible(await readFolder(first, "")) };
  const inner = await Promise.all(entries.map((entry) => readEntry(entry, "")));
  return { name: STYLES, files: visible(inner.flat()) };
}

/**
 * @param {FileSystemEntry} entry
 * @param {string} above the folders that it is in, each with a slash behind it
 * @returns {Promise<PlacedFile[]>}
 */
async function readEntry(entry, above) {
  if (isFolder(entry)) return readFolder(entry, `${above}${entry.name}/`);
  const file = await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject));
  return [{ path: above + entry.name, file }];
}

/**
 * @param {FileSystemDirectoryEntry} folder
 * @param {string} path
 */
async function readFolder(folder, path) {
  const reader = folder.createReader();
  const found = [];
  for (;;) {
    /** A browser gives about a hundred at a time. @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return found;
    for (const entry of some) found.push(...(await readEntry(entry, path)));
  }
}

/**
 * @param {FileSystemEntry} entry
 * @returns {entry is FileSystemDirectoryEntry}
 */
function isFolder(entry) {
  return entry.isDirectory;
}

/** @param {PlacedFile[]} files */
function visible(files) {
  const hidden = (/** @type {string} */ part) => part.startsWith(".") || part === "__MACOSX";
  return files.filter(({ path }) => !path.split("/").some(hidden));
}
