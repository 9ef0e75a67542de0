// @ts-check
/**
 * The server's sentences in Ukrainian, whole ones and parts: why an epoch was picked, caveats, and the refusals that are met
 * most; the other files of this kind have the rest. A {name} is a number, a {text...} anything. What is in none of them is
 * shown in English.
 */

/** @type {import("../../chart/language.js").Table} */
export const SERVER = {
  // Why an epoch was picked
  "Epoch {epoch} of {epochs}": "Епоха {epoch} з {epochs}",
  "averaged weights": "усереднені ваги",
  "raw weights": "сирі ваги",
  "the earliest within one standard error of the lowest ({epoch})":
    "найраніша в межах однієї стандартної похибки від найнижчої ({epoch})",
  "chosen by hand (the lowest is {epoch})": "вибрана вручну (найнижча \u2014 {epoch})",
  "validation {share} % \u00b1 {error} % better than no LoRA":
    "валідаційна втрата на {share} % \u00b1 {error} % краща, ніж без LoRA",
  "validation {share} % better than no LoRA": "валідаційна втрата на {share} % краща, ніж без LoRA",
  "validation {share} % \u00b1 {error} % worse than no LoRA":
    "валідаційна втрата на {share} % \u00b1 {error} % гірша, ніж без LoRA",
  "validation {share} % worse than no LoRA": "валідаційна втрата на {share} % гірша, ніж без LoRA",
  "epochs {first} to {last} can't be told apart": "епохи від {first} до {last} не відрізнити одна від одної",
  "overfitting from epoch {epoch}": "перенавчання з епохи {epoch}",
  "no overfitting so far": "перенавчання поки немає",
  "Training pictures can be told from held-out ones in {share} % of pairs (95 % interval {low} to {high} %)":
    "Навчальні зображення відрізняються від відкладених у {share} % пар (95 % інтервал від {low} до {high} %)",
  "the LoRA knows its own pictures better than others of the style":
    "свої зображення LoRA знає краще, ніж інші того самого стилю",
  "where chance alone gives 50 %": "де випадок дає 50 %",
  "Epoch {epoch}": "Епоха {epoch}",
  "chosen by hand": "вибрана вручну",
  "the last one": "остання",
  "too few validations to judge by": "замало валідацій, щоб судити",
  "nothing was held out to judge by": "нічого не відкладено, щоб судити",

  "Strength {strength} has the lowest validation loss": "Найнижча валідаційна втрата \u2014 за сили {strength}",
  "of {count} from {first} to {last}": "з {count} від {first} до {last}",
  "{share} % \u00b1 {error} % lower than at strength 1": "на {share} % \u00b1 {error} % нижча, ніж за сили 1",
  "{share} % lower than at strength 1": "на {share} % нижча, ніж за сили 1",
  "from which it can't be told apart": "від якої її не відрізнити",
  "no strength is better than no LoRA": "жодна сила не краща, ніж без LoRA",
  "it still falls at the strongest": "на найбільшій силі втрата ще спадає",

  // Caveats
  "No epoch is better than no LoRA on the held-out pictures. Lower the learning rate, check the captions, or use more pictures":
    "На відкладених зображеннях жодна епоха не краща, ніж без LoRA. Зменште швидкість навчання, перевірте підписи або візьміть більше зображень",
  "The improvement is within its own uncertainty: the held-out pictures do not show that training helped":
    "Поліпшення в межах власної похибки: відкладені зображення не показують, що навчання допомогло",
  "The loss was still falling at epoch {epoch}: more epochs may be better":
    "На епосі {epoch} втрата ще спадала: більше епох може бути краще",
  "The loss was still falling at epoch {epoch}: the epochs still to come may be better":
    "На епосі {epoch} втрата ще спадала: наступні епохи можуть бути кращі",
  "Only {count} validations: the picked epoch is a rough one": "Валідацій лише {count}: вибрана епоха приблизна",
  "Spikes were ignored: {text_epochs}": "Викиди не враховано: {text_epochs}",
  "epoch {epoch}": "епоха {epoch}",
  "epochs {text_epochs}": "епохи {text_epochs}",

  // Folders of pictures
  "No folder {text_name} in {text_places}. Put your pictures into a folder there and press R to refresh":
    "Теки {text_name} немає в {text_places}. Покладіть зображення в теку там і натисніть R, щоб оновити список",
  "No pictures in {text_folder} or its sub-folders (links out of it are not followed). Put the pictures of a style into one folder, as {text_endings} files":
    "У теці {text_folder} та її підтеках немає зображень (за посиланнями назовні ми не йдемо). Покладіть зображення стилю в одну теку як файли {text_endings}",
  "{text_folder} has {count} usable pictures; {held_out} for validation and at least one for training make {sum}. Add pictures or lower validation_count":
    "У теці {text_folder} придатних зображень: {count}; {held_out} для валідації та щонайменше одне для навчання \u2014 це {sum}. Додайте зображень або зменште validation_count",
  "{text_folder} has 1 usable picture; {held_out} for validation and at least one for training make {sum}. Add pictures or lower validation_count":
    "У теці {text_folder} одне придатне зображення; {held_out} для валідації та щонайменше одне для навчання \u2014 це {sum}. Додайте зображень або зменште validation_count",
  "No caption for {text_names} in {text_folder}: write {text_file} beside it, run BLIP Captioner, or give it a trigger word":
    "Без підпису: {text_names} у {text_folder}. Напишіть поруч {text_file}, запустіть BLIP Captioner або дайте йому слово-тригер",
  "it or a relative of it is in the validation folder": "воно саме або подібне до нього є у валідаційній теці",
  "the file is empty (0 bytes)": "файл порожній (0 байтів)",
  "it has only {width} x {height} pixels, at least {side} a side are needed":
    "у ньому лише {width} x {height} пікселів, потрібно щонайменше {side} на бік",
  "{text_kind} files are not read, export it as JPEG or PNG": "файли {text_kind} не читаються, збережіть як JPEG або PNG",
  "{text_kind} files are not read, save single pictures of it as JPEG or PNG":
    "файли {text_kind} не читаються, збережіть окремі кадри як JPEG або PNG",
  "There is no picture in {text_name}. Drop a folder with PNG or JPEG files":
    "У {text_name} немає жодного зображення. Перетягніть теку з файлами PNG або JPEG",
  "This picture is no longer there. Open the captions again": "Цього зображення вже немає. Відкрийте підписи ще раз",
  "The caption of {text_name} has been changed elsewhere since it was shown. Open the captions again":
    "Підпис до {text_name} тим часом змінено деінде. Відкрийте підписи ще раз",

  // Names and runs
  "A run named {text_name} exists and was made differently: {text_changes}. To resume it, use the same settings; to train a new one, choose another run name, such as {text_other}":
    "Запуск {text_name} уже є, і його зроблено інакше: {text_changes}. Щоб продовжити його, поверніть ті самі налаштування; щоб навчити новий, виберіть іншу назву, наприклад {text_other}",
  "A training of the run {text_name} is in the queue and is made differently: {text_changes}. To train both, choose another run name, such as {text_other}":
    "Тренування запуску {text_name} вже є в черзі, і його зроблено інакше: {text_changes}. Щоб навчити обидва, виберіть іншу назву, наприклад {text_other}",
  "{text_setting} was {text_before} and is now {text_now}": "{text_setting}: було {text_before}, тепер {text_now}",
  "the pictures, their captions or their split changed": "змінилися зображення, їхні підписи або поділ",
  "Epoch {epoch} has no checkpoint: it was not reached, or was deleted to save disk space. The nearest that are kept: {text_epochs}":
    "Епоха {epoch} не має чекпойнта: до неї не дійшли, або його видалено заради місця на диску. Найближчі збережені: {text_epochs}",
  "Out of memory: there is no room for the base model and its LoRA. Nothing that was saved is lost. Choose bfloat16 precision, fewer layers or a smaller rank, or close other programs that use the GPU, and run again":
    "Забракло пам\u2019яті: немає місця для базової моделі та її LoRA. Збережене не втрачено. Виберіть точність bfloat16, менше шарів або менший rank, чи закрийте інші програми, що займають відеокарту, і запустіть ще раз",

  // Before the start
  "About {text_time} on this CPU, by one timed validation": "Близько {text_time} на цьому процесорі, за однією виміряною валідацією",
  "About {text_time} on this device, by one timed validation": "Близько {text_time} на цьому пристрої, за однією виміряною валідацією",
  "No graphics card was found: the template learn_without_a_gpu shows the same loop in minutes":
    "Відеокарти не знайдено: шаблон learn_without_a_gpu показує те саме за хвилини",
  "{minutes} min": "{minutes} хв",
  "{hours} h": "{hours} год",
  "{hours} h {minutes} min": "{hours} год {minutes} хв",
};
