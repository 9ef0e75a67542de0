// @ts-check
/** What the library says in Ukrainian. Pure. */

import { formatDuration } from "../chart/format.js";

const PLURAL = new Intl.PluralRules("uk");

/** @type {import("./words_english.js").Words} */
export const UKRAINIAN = {
  language: "uk",
  title: "Запуски навчання",
  tooltip: "Запуски навчання: криві, нотатки, порівняння",
  search: "Пошук",
  searchHint: "Шукати в назвах, рецептах і нотатках",
  sort: "Порядок",
  sorts: { newest: "спершу нові", name: "за назвою", best: "спершу найкращі", size: "спершу найбільші" },
  count: (shown, all) => (shown === all ? `${all}` : `${shown} з ${all}`),
  reading: (left) => `Читаються ще ${left}…`,
  none: "Запусків ще немає. Їх створює LoRA Trainer; шаблон learn_without_a_gpu зробить перший за кілька хвилин.",
  noneFound: "Нічого не знайдено.",
  select: (run) => `Порівняти ${run}`,
  chosen: (count) => `Вибрано: ${count}`,
  compare: "Порівняти",
  clear: "Скинути",
  back: "Усі запуски",
  states: {
    running: "навчається",
    finished: "завершено",
    cancelled: "скасовано",
    failed: "помилка",
    interrupted: "перервано",
    damaged: "пошкоджено",
  },
  epochs: (epoch, epochs) => `епоха ${epoch} з ${epochs}`,
  left: (seconds) => `лишилося ${formatDuration(seconds)}`,
  weights: { averaged: "усереднені", raw: "сирі" },
  pick: (epoch, weights) => `Епоха ${epoch}, ${weights} ваги`,
  short: (told, epoch) => `${told}, епоха ${epoch}`,
  better: (share) => `на ${share} краще, ніж без LoRA`,
  worse: (share) => `на ${share} гірше, ніж без LoRA`,
  recipe: ({ dataset, training_pictures: pictures, rank, learning_rate: rate }) =>
    `${dataset ? `${dataset} · ` : ""}${countPictures(pictures)} · ранг ${rank} · швидкість ${rate}`,
  curve: (run) => `Валідаційна втрата ${run} відносно «без LoRA»`,
  facts: {
    state: "Стан",
    pick: "Вибрано",
    begun: "Початок",
    recipe: "Рецепт",
    changed: "Не як у статті",
    size: "На диску",
  },
  wholeRecipe: (recipe) =>
    `Ранг ${recipe.rank}, alpha ${recipe.alpha}, ${recipe.layers === "all" ? "усі шари" : recipe.layers}` +
    `${recipe.text_encoder ? "" : " лише UNet"}; швидкість навчання ${recipe.learning_rate}, ` +
    `${recipe.pictures_per_step} на крок, ${recipe.precision}, число генератора ${recipe.seed}; ` +
    `${countPictures(recipe.training_pictures)} і ${recipe.validation_pictures} відкладено, ${recipe.resolution} px`,
  parts: {
    "": "записи",
    checkpoints: "файли LoRA",
    previews: "пробні зображення",
    state: "для продовження",
    tensorboard: "TensorBoard",
  },
  notes: "Нотатки",
  notesHint: "Що видно, що спробувати далі. Зберігається як notes.txt у теці запуску.",
  written: "збережено",
  open: "Відкрити у графі",
  openHint: "Додає Training Run Loader, Validation Loss Plot і Checkpoint Picker із цим запуском. Ctrl+Z їх прибирає.",
  compareEpochs: "Порівняти епохи",
  bundle: "Експорт рисунка й даних",
  bundleHint: "Файл zip із рисунком, числами й BibTeX, зроблений лише з теки запуску",
  delete: "Видалити…",
  deleteRunning: "Запуск, що навчається, видалити не можна.",
  deleteAsk: (run, size) =>
    `Видалити ${run} назавжди? Зникнуть чекпойнти, криві, пробні зображення й нотатки, разом ${size}. LoRA, ` +
    "експортовані до models/loras, залишаться.",
  deleteYes: (size) => `Видалити ${size}`,
  deleteNo: "Залишити",
  close: "Закрити",
  comparison: "Порівняння",
  relative: "валідаційна втрата відносно «без LoRA»",
  notMeasured: (run) => `Для ${run} немає втрати без LoRA, з якою порівнювати.`,
  unit: "Горизонтальна вісь",
  units: { epochs: "епохи", steps: "кроки" },
  table: { run: "Запуск", at: "Епоха", loss: "Втрата відносно «без LoRA»" },
  picked: (epoch) => `${epoch}, вибрано`,
  sides: { one: "Ліворуч", other: "Праворуч" },
  run: "запуск",
  epoch: "епоха",
  previewOf: (run, epoch) => `${run}, епоха ${epoch}`,
  noPreview: "немає пробного зображення",
  slide: "Де закінчується ліве зображення й починається праве",
  lossBetter: (one, other, share) => `${other} має меншу валідаційну втрату, ніж ${one}, на ${share}`,
  lossWorse: (one, other, share) => `${other} має більшу валідаційну втрату, ніж ${one}, на ${share}`,
  lossSame: (one, other, share) => `${one} і ${other} не можна розрізнити: різниця ${share}`,
  lossIdentical: "З обох боків той самий чекпойнт.",
  paired: "від втрати без LoRA, виміряно на тих самих відкладених зображеннях попарно",
  unpaired: "від втрати без LoRA, виміряно на різних відкладених зображеннях, що говорить менше",
  unsure: "наскільки це певно, сказати не можна",
  noDifference: "Втрати не можна порівняти: замало валідацій або немає жодної без LoRA.",
  recipeSame: "Рецепт, зображення, базова модель і версії однакові.",
  recipeDiffers: "Що відрізняється",
  setting: "Параметр",
  nothing: "немає",
  yes: "так",
  no: "ні",
  version: (library) => `версія ${library}`,
  settings: {
    "dataset.name": "назва зображень",
    "dataset.training": "навчальні зображення",
    "dataset.validation": "відкладені зображення",
    "dataset.resolution": "роздільність",
    "dataset.pictures": "зображення (хеш)",
    base_model: "базова модель (хеш)",
    start: "LoRA, з якої почато (хеш)",
    "optimizer.learning_rate": "швидкість навчання",
    "optimizer.warmup_steps": "кроки розігріву",
    "lora.rank": "ранг",
    "lora.layers": "шари",
    "lora.train_text_encoder": "навчати текстовий кодувальник",
    "training.epochs": "епохи",
    "training.batch_size": "зображень на крок",
    "training.seed": "число генератора",
    "training.precision": "числовий формат",
    "training.average_decay": "усереднення ваг",
    "validation.timesteps_per_picture": "рівнів шуму на зображення",
    "preview.every_epochs": "епох між пробними зображеннями",
    "preview.prompt": "запит пробних зображень",
    "storage.checkpoint_budget": "скільки файлів LoRA лишається",
    "storage.dtype": "числовий формат файлів LoRA",
  },
};

/** @param {number} count */
function countPictures(count) {
  /** @type {Record<string, string>} */
  const forms = { one: "зображення", few: "зображення" };
  return `${count} ${forms[PLURAL.select(count)] ?? "зображень"}`;
}
