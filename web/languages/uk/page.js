// @ts-check
/** The sentences of the charts, the gallery and the toasts in Ukrainian. */

/** @type {import("../../chart/language.js").Table} */
export const PAGE = {
  // How a run stands
  "Stopped at epoch {epoch} of {epochs}": "Зупинено на епосі {epoch} з {epochs}",
  "Finished \u00b7 1 epoch": "Завершено \u00b7 одна епоха",
  "Finished \u00b7 {epochs} epochs": "Завершено \u00b7 епох: {epochs}",
  "Finished \u00b7 {epochs} epochs, {asked} asked for": "Завершено \u00b7 епох: {epochs}, задано {asked}",
  "Cancelled at epoch {epoch} of {epochs} \u00b7 run again to continue":
    "Скасовано на епосі {epoch} з {epochs} \u00b7 запустіть ще раз, щоб продовжити",
  "Failed at epoch {epoch} of {epochs}": "Помилка на епосі {epoch} з {epochs}",
  "Not finished \u00b7 epoch {epoch} of {epochs}": "Не завершено \u00b7 епоха {epoch} з {epochs}",
  Caching: "Кешування",
  Training: "Навчання",
  Validating: "Валідація",
  Preview: "Пробне зображення",
  Saving: "Збереження",
  "picture {step}/{steps}": "зображення {step}/{steps}",
  "epoch {epoch}/{epochs}": "епоха {epoch}/{epochs}",
  "step {step}/{steps}": "крок {step}/{steps}",
  "loss {loss}": "втрата {loss}",
  "{duration} left": "лишилося {duration}",
  "{seconds} s": "{seconds} с",
  "{minutes} min": "{minutes} хв",
  "{hours} h {minutes} min": "{hours} год {minutes} хв",

  // Curves
  "held-out pictures (averaged weights)": "відкладені зображення (усереднені ваги)",
  "held-out pictures (raw weights)": "відкладені зображення (сирі ваги)",
  "held-out pictures": "відкладені зображення",
  "averaged weights": "усереднені ваги",
  "raw weights": "сирі ваги",
  "training pictures": "навчальні зображення",
  "training steps (right)": "кроки навчання (праворуч)",
  "training steps": "кроки навчання",
  "told from held-out": "відрізняються від відкладених",
  "{share} % of pairs": "{share} % пар",
  "no LoRA": "без LoRA",
  "No LoRA": "Без LoRA",
  smoothed: "згладжено",
  "against no LoRA": "проти моделі без LoRA",
  "on disk": "на диску",
  averaged: "усереднені",
  raw: "сирі",
  "averaged and raw": "усереднені та сирі",
  neither: "немає",
  "{share} % better": "краще на {share} %",
  "{share} % worse": "гірше на {share} %",
  "A moving average of the LoRA's weights over the steps, measured on the held-out pictures.":
    "Ковзне середнє ваг LoRA за кроками, виміряне на відкладених зображеннях.",
  "The LoRA's weights as they stood at the end of an epoch, measured on the held-out pictures.":
    "Ваги LoRA такими, якими вони були в кінці епохи, виміряні на відкладених зображеннях.",
  "The loss on the held-out pictures.": "Втрата на відкладених зображеннях.",
  "The same measure on as many of the training pictures, scaled to start where the validation does: the gap that opens between it and the validation of the same weights is overfitting.":
    "Та сама міра на стількох же навчальних зображеннях, масштабована так, щоб починатися там само, де й валідаційна втрата: розрив, що відкривається між ними для тих самих ваг, \u2014 це перенавчання.",
  "In how many pairs of a training and a held-out picture the training picture has gained more: at the foot of the chart half of them, as by chance, at its top all.":
    "У скількох парах навчального й відкладеного зображень навчальне виграло більше: унизу графіка \u2014 у половині, як випадково, угорі \u2014 в усіх.",
  "The mean loss of the training steps, on the scale at the right, which is its own.":
    "Середня втрата кроків навчання; її шкала \u2014 праворуч.",
  "The validation loss without the LoRA.": "Валідаційна втрата без LoRA.",
  loss: "втрата",
  steps: "кроки",
  epoch: "епоха",
  good: "добре",
  overfitting: "перенавчання",
  "Region G: most of the style is learned here, and little is lost again. Look at previews of these epochs first":
    "Область G: тут більшу частину стилю вже вивчено, а втрачено ще мало. Спершу дивіться на пробні зображення цих епох",
  "Region O: overfitting. From here on the LoRA gets worse on pictures that it has not seen, and what it draws may come to resemble those that it was trained on":
    "Область O: перенавчання. Звідси LoRA гірша на зображеннях, яких не бачила, а те, що вона малює, може ставати схожим на ті, на яких навчали",
  "The picked epoch. The lowest loss on held-out pictures is where to begin looking, not a verdict on beauty":
    "Обрана епоха. З найнижчої втрати на відкладених зображеннях варто починати, але вона не вирок щодо краси",
  "Candidate: epoch {epoch}": "Кандидат: епоха {epoch}",
  "Loss curve of the run {run} over 1 epoch: {curve}.": "Крива втрати запуску {run} за одну епоху: {curve}.",
  "Loss curve of the run {run} over {epochs} epochs: {curve}.":
    "Крива втрати запуску {run}, епох: {epochs}: {curve}.",

  // Epochs
  "Epoch {epoch}": "Епоха {epoch}",
  "Click to choose it": "Клацніть, щоб вибрати",
  "Click for epoch {near}, the nearest kept": "Клацніть, щоб вибрати найближчу збережену епоху {near}",
  "No checkpoint kept": "Чекпойнта не збережено",
  "Fewer than three validations so far: too few to find a stopping point.":
    "Поки що менше трьох валідацій: замало, щоб знайти точку зупинки.",
  "Saved as": "Збережено як",
  "Press Run to use epoch {epoch}.": "Натисніть Run, щоб використати епоху {epoch}.",
  Copy: "Копіювати",
  Copied: "Скопійовано",
  "Copy the file's name": "Копіювати назву файлу",
  "Epoch {epoch} picked, saved as {file}.": "Вибрано епоху {epoch}, збережено як {file}.",
  "Cancelled at epoch {epoch} of {epochs}. Nothing is lost: Run goes on from there.":
    "Скасовано на епосі {epoch} з {epochs}. Нічого не втрачено: Run продовжить звідти.",

  // The gallery of a folder, and folders dropped onto a node
  "pictures and captions": "зображення й підписи",
  Close: "Закрити",
  "Pictures of {folder}": "Зображення теки {folder}",
  "A caption is written to its .txt file once you leave its field.":
    "Підпис записується у файл .txt, щойно ви залишите його поле.",
  "Caption of {name}": "Підпис до {name}",
  "no caption yet": "підпису ще немає",
  Undo: "Повернути",
  written: "записано",
  all: "усі",
  training: "навчання",
  "held out": "відкладено",
  "left out": "пропущено",
  "Sorting the pictures as the node does \u2026": "Зображення розподіляються так, як це робить вузол \u2026",
  "Remarks: {count}": "Зауважень: {count}",
  "Copying {name}: {done} of {all} files": "Копіюється {name}: файл {done} з {all}",
  "{folder} is in the input folder now (files: {count}).": "{folder} тепер у теці input (файлів: {count}).",
  "{name} alone is no dataset: ComfyUI looks for a workflow in it. Drop a folder, or several pictures.":
    "{name} — це ще не набір зображень: ComfyUI шукає в ньому робочий процес. Перетягніть теку або кілька зображень.",
  "Not needed, left out ({count}): {names}.": "Непотрібне, пропущено ({count}): {names}.",
  "{path} cannot be read. Copy the folder to this computer and drop it again.":
    "{path} не читається. Скопіюйте теку на цей комп\u2019ютер і перетягніть ще раз.",
  "No picture is among what was dropped. Drop PNG or JPEG files, or a folder with some.":
    "Серед перетягнутого немає зображень. Перетягніть файли PNG чи JPEG або теку з ними.",
  "{path} has more than {megabytes} MB. Make it smaller and drop the folder again.":
    "{path} має понад {megabytes} МБ. Зменште файл і перетягніть теку ще раз.",
  "{count} files are too many, {most} are possible. Divide the folder.":
    "Файлів забагато: {count}, можна {most}. Поділіть теку.",

  // Parts of the chart
  "How the training goes": "Як іде навчання",
  "Where it overfits": "Де починається перенавчання",
  "Which epoch to use": "Яку епоху взяти",
  "Run the graph: the curves appear here while it trains.":
    "Запустіть граф: криві з\u2019являтимуться тут під час навчання.",
  "Run the graph to see the curves of its training run.": "Запустіть граф, щоб побачити криві навчання.",
  "Run the graph to see the curves; a click on them chooses an epoch.":
    "Запустіть граф, щоб побачити криві; клацання на них вибирає епоху.",
  "Training begins: the curves appear after the first validation.":
    "Навчання починається: криві з\u2019являться після першої валідації.",
  "Preview pictures": "Пробні зображення",
  "Preview of epoch {epoch}": "Пробне зображення епохи {epoch}",
  "Preview of epoch {epoch}: close": "Пробне зображення епохи {epoch}: закрити",
  "Earlier preview": "Попереднє пробне зображення",
  "Later preview": "Наступне пробне зображення",
  Run: "Запуск",
  "Loss by strength": "Втрата за силою",
  "Sheet: epochs \u00d7 strengths": "Аркуш: епохи \u00d7 сили",
  "Adds nodes that make a picture for each of a few epochs at each of a few strengths of this run, and lay them out on one sheet. Ctrl+Z takes them away again.":
    "Додає вузли, які роблять зображення для кількох епох і кількох сил цього запуску та розкладають їх на одному аркуші. Ctrl+Z прибирає їх.",
  "Train as {name}": "Навчити як {name}",
  "Gives the trainer that name; press Run then. The run that has the name now stays as it is.":
    "Дає тренеру цю назву; потім натисніть Run. Запуск, що має теперішню назву, лишається як є.",
  "Press Run to train as {name}.": "Натисніть Run, щоб навчити як {name}.",
  "ComfyUI cannot be reached. Its console may say why.": "ComfyUI недоступний. Можливо, причина є в його консолі.",
  "The server answered {status}.": "Сервер відповів {status}.",
  "Stop here and use it": "Зупинити тут і використати",
  "Ends the training after this step, sets epochs to what was trained, and lets the rest of the graph run with it. For more later, raise epochs and run again.":
    "Завершує навчання після цього кроку, ставить epochs на стільки, скільки навчено, і далі виконує решту графа. Щоб пізніше навчити більше, збільште epochs і запустіть ще раз.",
};
