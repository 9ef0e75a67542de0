// @ts-check
/** What the server says of runs, the queue, the library, the disk and inputs in Ukrainian. */

/** @type {import("../../chart/language.js").Table} */
export const RUNS = {
  // Names
  "The run name {text_name} {text_reason}. Use letters, digits, spaces, - and _ only":
    "Назва запуску {text_name} {text_reason}. Використовуйте лише літери, цифри, пробіли, - та _",
  "The file name {text_name} {text_reason}. Use letters, digits, spaces, - and _ only":
    "Назва файлу {text_name} {text_reason}. Використовуйте лише літери, цифри, пробіли, - та _",
  "The folder name {text_name} {text_reason}. Use letters, digits, spaces, - and _ only":
    "Назва теки {text_name} {text_reason}. Використовуйте лише літери, цифри, пробіли, - та _",
  "The calibration's name {text_name} {text_reason}. Use letters, digits, spaces, - and _ only":
    "Назва калібрування {text_name} {text_reason}. Використовуйте лише літери, цифри, пробіли, - та _",
  "is of type {text_kind}, not text": "має тип {text_kind}, а потрібен текст",
  "holds half a character (a lone surrogate)": "містить половину символу (самотній сурогат)",
  "is no place inside a folder: a name before or after one of its slashes is empty":
    "не місце всередині теки: назва перед чи після скісної риски порожня",
  "is no place inside a folder: one of its names consists of dots": "не місце всередині теки: одна з назв складається з крапок",
  "is empty or consists of dots": "порожня або складається з крапок",
  "is empty": "порожня",
  "contains {text_sign}": "містить {text_sign}",
  "starts or ends with a space or ends with a dot": "починається чи закінчується пробілом або закінчується крапкою",
  "is the name of a device on Windows": "у Windows є назвою пристрою",
  "begins with a dot, so file managers hide it": "має крапку на початку назви, тож файлові менеджери її приховують",
  "is too long: it has {count} characters, at most {most} are allowed": "задовга: символів у ній {count}, можна щонайбільше {most}",
  "is too long: it takes {count} bytes in UTF-8, at most {most} are allowed":
    "задовга: у UTF-8 вона займає байтів {count}, можна щонайбільше {most}",

  // Inputs
  "{text_name} must be one of {text_choices}, got {text_value}": "{text_name} має бути одним із {text_choices}, а отримано {text_value}",
  "nothing, since there is nothing to choose from": "нічого, бо вибирати нема з чого",
  "{text_name} must be {text_range}, got {text_value}": "{text_name} має бути {text_range}, а отримано {text_value}",
  "a whole number": "цілим числом",
  "a number": "числом",
  "true or false": "true або false",
  "a group of settings": "групою налаштувань",
  "The way of training on all pictures": "Спосіб навчання на всіх зображеннях",
  "on or off": "увімкненим або вимкненим",
  "at least {text_least}": "щонайменше {text_least}",
  "above {text_least}": "більшим за {text_least}",
  "from {text_least} to {text_most}": "від {text_least} до {text_most}",
  "from {text_least} to below {text_most}": "від {text_least} і менше за {text_most}",
  "{text_name} must be of type {text_kind}, got {text_value}": "{text_name} має бути типу {text_kind}, а отримано {text_value}",
  "{text_name} must be of type {text_type}, got {text_kind}. Connect one":
    "{text_name} має бути типу {text_type}, а надійшло {text_kind}. Під’єднайте потрібне",
  "{text_name} must come from a node of LoRA Atelier, got {text_kind}. Connect one":
    "{text_name} має йти від вузла LoRA Atelier, а отримано {text_kind}. З’єднайте такий",
  "{text_name} got nothing. Connect it, or see why the node before it returned nothing":
    "{text_name} нічого не отримав. З’єднайте його або перевірте, чому попередній вузол нічого не дав",
  "{text_name} got nothing. Connect or set it": "{text_name} нічого не отримав. З’єднайте або задайте його",
  "{text_name} {text_reason}. Type it again": "{text_name} {text_reason}. Введіть ще раз",
  "The resolution must be a multiple of {step} up to {largest}, such as {size}, got {text_value}":
    "Роздільність має бути кратною {step}, не більшою за {largest}, наприклад {size}, а отримано {text_value}",
  "A picture must be at least 1 x 1 pixels, got {width} x {height}": "Зображення має бути щонайменше 1 x 1 піксель, а отримано {width} x {height}",
  "validation_count must be at least 1, got {count}": "validation_count має бути щонайменше 1, а отримано {count}",
  "Two LoRA Trainers in this graph (nodes {text_first} and {text_second}) have the run name {text_name}, but other inputs. Give each run a name of its own":
    "Два LoRA Trainer у цьому графі (вузли {text_first} і {text_second}) мають назву запуску {text_name}, але різні входи. Дайте кожному запуску власну назву",
  "Two Checkpoint Pickers in this graph (nodes {text_first} and {text_second}) would write the file {text_name}. Give each a file name of its own, or leave it empty":
    "Два Checkpoint Picker у цьому графі (вузли {text_first} і {text_second}) записали б файл {text_name}. Дайте кожному власну назву файлу або лишіть її порожньою",
  "The styles {text_one} and {text_other} would both be trained in the run {text_run}. Put {text_style} into the run name, or rename one of the folders of pictures":
    "Стилі {text_one} і {text_other} навчалися б в одному запуску {text_run}. Додайте {text_style} до назви запуску або перейменуйте одну з тек",

  // Runs that cannot go on
  "A run named {text_name} exists and was made differently: {text_changes}. To resume it, use the same settings; to train a new one, delete its folder":
    "Запуск {text_name} уже є, і його зроблено інакше: {text_changes}. Щоб продовжити його, поверніть ті самі налаштування; щоб навчити новий, видаліть його теку",
  "the base model changed ({text_parts})": "змінилася базова модель ({text_parts})",
  "the LoRA that it starts from changed": "змінилася LoRA, з якої він починає",
  "the pictures, their captions or their split are others": "зображення, їхні підписи або поділ інші",
  "the base model is another ({text_parts})": "базова модель інша ({text_parts})",
  "The run {text_name} is a link to another folder, and links to runs are not followed. Move the run's folder itself there":
    "Запуск {text_name} — посилання на іншу теку, а за посиланнями на запуски ми не йдемо. Перенесіть туди саму теку запуску",
  "The run {text_name} has {text_found} but no run.json, so training would overwrite them. Choose another run name, or move that folder away":
    "У запуску {text_name} є {text_found}, але немає run.json, тож навчання їх перезаписало б. Виберіть іншу назву запуску або приберіть ту теку",
  "The run {text_name} holds {text_what}, {text_place}, which is not opened in a run. Delete it, or put the file itself in its place":
    "У запуску {text_name} є {text_what} {text_place}, а такого в запуску ми не відкриваємо. Видаліть його або покладіть на його місце сам файл",
  "a link": "посилання",
  "a pipe or a device": "канал або пристрій",
  "The run {text_name} is being trained by another process. Wait for it or use another run name":
    "Запуск {text_name} навчає інший процес. Зачекайте або виберіть іншу назву запуску",
  "The run {text_name} is being trained by another process, or was when that one was killed. Wait for it; if nothing trains it any more, delete the file {text_file} in its folder":
    "Запуск {text_name} навчає інший процес або навчав, доки його не перервали. Зачекайте; якщо його вже ніхто не навчає, видаліть файл {text_file} у його теці",
  "The disk of this run has no locks (a network share, for instance), so a file, .lock_owner, stands for one. Do not train the same run from two computers":
    "На диску цього запуску немає блокувань (наприклад, це мережева тека), тож замість нього стоїть файл .lock_owner. Не навчайте той самий запуск із двох комп’ютерів",
  "There is no training run named {text_name}: its run.json is missing. Choose another run":
    "Запуску {text_name} немає: бракує його run.json. Виберіть інший",
  "There is no training run named {text_name}. Train one with LoRA Trainer first":
    "Запуску {text_name} немає. Спочатку навчіть його в LoRA Trainer",
  "There is no training run yet. Train one with LoRA Trainer first": "Запусків ще немає. Спочатку навчіть хоч один у LoRA Trainer",
  "The run.json of the run {text_name} cannot be read: {text_why}. Check that you may open it; its LoRA files are still good":
    "run.json запуску {text_name} не читається: {text_why}. Перевірте, чи маєте до нього доступ; файли LoRA цілі",
  "The run.json of the run {text_name} is damaged ({text_why}). Its LoRA files are still good; train under another run name":
    "run.json запуску {text_name} пошкоджено ({text_why}). Файли LoRA цілі; навчайте під іншою назвою",
  "{text_path} is a file, not a folder, so no run can be in it. Rename or move it":
    "{text_path} — файл, а не тека, тож запуску там бути не може. Перейменуйте або перенесіть його",
  "The run {text_name} was written by a newer LoRA Atelier. Update the pack to open it":
    "Запуск {text_name} записав новіший LoRA Atelier. Оновіть пакет, щоб його відкрити",
  "The run {text_name} was started by an older LoRA Atelier, which validated at other timesteps, so its losses and new ones cannot be compared. It can still be plotted and picked from; to train, choose another name":
    "Запуск {text_name} почав старіший LoRA Atelier, який валідував на інших кроках шуму, тож його втрати не порівняти з новими. Криву й вибір він дає, а щоб навчати, виберіть іншу назву",
  "The history of the run {text_name} cannot be read: {text_why}. Check that you may open history.jsonl":
    "Історія запуску {text_name} не читається: {text_why}. Перевірте, чи маєте доступ до history.jsonl",
  "Check that you may open history.jsonl": "Перевірте, чи маєте доступ до history.jsonl",
  "The saved states in {text_folder} are all damaged, so this run cannot be resumed. Its checkpoints are untouched: pick one of them, or train under another run name":
    "Усі збережені стани в {text_folder} пошкоджено, тож цей запуск не продовжити. Його чекпойнти цілі: виберіть один із них або навчайте під іншою назвою",
  "The saved state of the optimiser does not belong to this run. Its checkpoints are untouched: pick one of them, or train under another run name":
    "Збережений стан оптимізатора не належить цьому запуску. Його чекпойнти не зачеплено: виберіть один із них або навчайте під іншою назвою запуску",
  "The saved state of the run {text_name} is of another version ({text_why}). Its checkpoints are untouched: pick one of them, or train under another run name":
    "Збережений стан запуску {text_name} — іншої версії ({text_why}). Його чекпойнти цілі: виберіть один із них або навчайте під іншою назвою",
  "The run {text_name} has been trained to epoch {epochs}, but its saved state is that of epoch {epoch}: it was copied back from an earlier time. Going on from there would drop what came later. Put the newest state back to resume. {text_untouched}":
    "Запуск {text_name} навчено до епохи {epochs}, а збережений стан — епохи {epoch}: його скопійовано з давнішого часу. Продовження звідти стерло б пізніше. Щоб продовжити, поверніть найновіший стан. {text_untouched}",
  "The run {text_name} has been trained to epoch {epochs}, but its state is gone: its state folder was deleted or not copied. It cannot be resumed. {text_untouched}":
    "Запуск {text_name} навчено до епохи {epochs}, але його стану немає: теку state видалено або не скопійовано. Продовжити його не вдасться. {text_untouched}",
  "Its LoRA files are untouched: pick one of them, or train under another run name, from the last of them if you like (start_from of LoRA Trainer, --from-lora on the command line)":
    "Його файли LoRA цілі: виберіть один із них або навчайте під іншою назвою, за бажання — з останнього (start_from у LoRA Trainer, --from-lora в командному рядку)",

  // While it trains
  "The training loss became {text_loss} and its gradient {text_norm} at step {step} (pictures: {text_names}). What was saved before is intact. Lower the learning rate, or use float32 or bfloat16, and start a new run":
    "На кроці {step} втрата навчання стала {text_loss}, а її градієнт {text_norm} (зображення: {text_names}). Збережене раніше ціле. Зменште швидкість навчання або візьміть float32 чи bfloat16 і почніть новий запуск",
  "The {text_what} became {text_loss} after epoch {epoch}; the checkpoints before it are intact. Lower the learning rate, or use float32 or bfloat16, and start a run under a new name":
    "{text_what} після епохи {epoch} стала {text_loss}; чекпойнти до неї цілі. Зменште швидкість навчання або візьміть float32 чи bfloat16 і почніть запуск під новою назвою",
  "validation loss": "Валідаційна втрата",
  "validation loss of the averaged weights": "Валідаційна втрата усереднених ваг",
  "loss on the probe of training pictures": "Втрата на пробі навчальних зображень",
  "Trained {epochs} epochs, {text_steps} steps": "Навчено епох: {epochs}, кроків: {text_steps}",
  "Resumed after step {step}": "Продовжено після кроку {step}",
  "The saved state has no average: it starts from the weights of step {step}":
    "У збереженому стані немає усереднення: воно починається з ваг кроку {step}",
  "It starts from a LoRA that was trained before; epoch 0 is the model without it":
    "Починає з навченої раніше LoRA; епоха 0 — модель без неї",
  "It had already reached its last epoch": "Останньої епохи вже було досягнуто",
  "Version 0.1 recorded the base model in another way: it is taken to be the one of the start":
    "Версія 0.1 записувала базову модель інакше: вважаємо, що вона та сама, що й на початку",
  "The base model is in another number format than at the start, so its weights are rounded anew":
    "Базова модель в іншому числовому форматі, ніж на початку, тож її ваги заокруглено наново",
  "{text_name} was changed after the pictures had been read. Run again to read it anew":
    "{text_name} змінено після читання зображень. Запустіть ще раз, щоб прочитати наново",
  "The loss is not a finite number, and was left out, at {text_epochs}": "Втрата — не скінченне число, тож пропущено: {text_epochs}",
  "Steps are launched kernel by kernel, since this program has CUDA manage its own memory":
    "Ядра кожного кроку запускаються поодинці, бо пам’яттю в цій програмі керує сама CUDA",
  "On a fast card training is faster if ComfyUI is started with --disable-cuda-malloc: steps are then recorded and replayed":
    "На швидкій карті навчання піде швидше, якщо запустити ComfyUI з --disable-cuda-malloc: тоді кроки записуються й повторюються",
  "Steps are not recorded and replayed from here on: {text_why}": "Відтепер кроки не записуються для повтору: {text_why}",
  "a replayed step differed from a plain one by {text_apart} (at most {text_limit})":
    "повторений крок відрізнявся від звичайного на {text_apart} (можна {text_limit})",
  "Steps are recorded as CUDA graphs and replayed; {count} agreed with plain ones":
    "Кроки записуються як графи CUDA й повторюються; звірено зі звичайними: {count}",

  // What is coming
  "{text_epochs} of {text_steps}, {all} in all, and {text_previews}":
    "Попереду {text_epochs}, у кожній {text_steps}, разом {all}; {text_previews}",
  "{text_epochs} of {text_steps}, {all} in all": "Попереду {text_epochs}, у кожній {text_steps}, разом {all}",
  "1 epoch": "одна епоха",
  "{count} epochs": "епох: {count}",
  "1 step": "один крок",
  "{count} steps": "кроків: {count}",
  "{count} previews": "пробних зображень: {count}",
  "About {text_disk} on the disk and {text_memory} of memory, as counted":
    "Близько {text_disk} на диску й {text_memory} пам’яті, за підрахунком",
  "About {text_disk} on the disk, as counted": "Близько {text_disk} на диску, за підрахунком",
  Off: "Вимкнено",
  previews: "пробні зображення",
  "the probe of training pictures": "проба на навчальних зображеннях",
  "training of the text encoder": "навчання текстового кодувальника",
  "Unlike the paper's recipe": "Не так, як у рецепті статті",
  "{text_setting} instead of {text_before}": "{text_setting} замість {text_before}",

  // The picked point again, on all pictures
  "Trained on all {pictures} pictures for {epochs} epochs, {text_how}": "Навчено на всіх зображеннях ({pictures}), епох: {epochs}, {text_how}",
  "Trained on all {pictures} pictures for 1 epoch, {text_how}": "Навчено на всіх зображеннях ({pictures}), одну епоху, {text_how}",
  "so that each is seen as often as at epoch {epoch} of {text_run}, averaged weights":
    "щоб кожне трапилося стільки ж разів, як до епохи {epoch} запуску {text_run} (усереднені ваги)",
  "so that each is seen as often as at epoch {epoch} of {text_run}, raw weights":
    "щоб кожне трапилося стільки ж разів, як до епохи {epoch} запуску {text_run} (сирі ваги)",
  "about as many steps as at epoch {epoch} of {text_run}, averaged weights":
    "приблизно стільки ж кроків, як до епохи {epoch} запуску {text_run} (усереднені ваги)",
  "about as many steps as at epoch {epoch} of {text_run}, raw weights":
    "приблизно стільки ж кроків, як до епохи {epoch} запуску {text_run} (сирі ваги)",
  "going on from epoch {epoch} of {text_run}, averaged weights":
    "з продовженням від епохи {epoch} запуску {text_run} (усереднені ваги)",
  "going on from epoch {epoch} of {text_run}, raw weights":
    "з продовженням від епохи {epoch} запуску {text_run} (сирі ваги)",
  "The run {text_name} was trained on all of its pictures already: there are none to give back":
    "Запуск {text_name} уже навчено на всіх його зображеннях: повертати нічого",
  "The run {text_name} can't be repeated on all pictures here: the pictures, their captions or their split are others. Use the pictures that it was trained with":
    "Запуск {text_name} тут не повторити на всіх зображеннях: зображення, їхні підписи або поділ інші. Візьміть ті, на яких його навчено",
  "The run {text_name} can't be repeated on all pictures here: the base model is another ({text_parts}). Use the model that it was trained on, without a LoRA":
    "Запуск {text_name} тут не повторити на всіх зображеннях: базова модель інша ({text_parts}). Візьміть модель, на якій його навчено, без LoRA",
  "The run {text_name} exists and was not trained by repeating {text_other}, but its repetition is to be called so. Rename or delete its folder first":
    "Запуск {text_name} уже є, і його навчено не повторенням {text_other}, а повторення має зватися саме так. Спершу перейменуйте або видаліть його теку",
  "The run {text_name} repeats epoch {before} of {text_run} already ({text_way}). To repeat epoch {epoch} ({text_other}), rename or delete its folder first":
    "Запуск {text_name} уже повторює епоху {before} запуску {text_run} ({text_way}). Щоб повторити епоху {epoch} ({text_other}), спершу перейменуйте або видаліть його теку",
  "{text_what} of the run {text_name} can't be measured: it was trained on all pictures and holds none out. Connect the run that it was made from, {text_other}":
    "{text_what} запуску {text_name} не виміряти: його навчено на всіх зображеннях, жодного не відкладено. З’єднайте запуск, з якого його зроблено, {text_other}",
  "{text_what} of the run {text_name} can't be measured here: {text_why}. Connect the model and the dataset that it was trained with":
    "{text_what} запуску {text_name} тут не виміряти: {text_why}. З’єднайте модель і набір, з якими його навчено",

  "The strengths": "Сили",
  "The candidates": "Кандидатів",

  // Picking
  "This run has no checkpoint of {text_weights} weights. Choose {text_kept} or best": "У цьому запуску немає чекпойнта з вагами {text_weights}. Виберіть {text_kept} або best",
  "This run has no checkpoint of averaged weights. Choose {text_kept} or best; a run keeps averaged weights unless average_decay is 0":
    "У цьому запуску немає чекпойнта з вагами averaged. Виберіть {text_kept} або best; запуск зберігає усереднені ваги, якщо average_decay не 0",
  "This run has no checkpoint yet. Train at least one epoch": "У цьому запуску ще немає чекпойнта. Навчіть хоча б одну епоху",
  "The run {text_name} has no checkpoint yet. Train at least one epoch": "У запуску {text_name} ще немає чекпойнта. Навчіть хоча б одну епоху",
  "To pick by hand, name an epoch that has a checkpoint": "Щоб вибрати вручну, назвіть епоху, що має чекпойнт",
  "Strengths are compared with strength 1, whose loss was not measured or is no number. Measure it again":
    "Сили порівнюють із силою 1, а її втрату не виміряно або вона не число. Виміряйте її ще раз",
  "Fewer than three validations so far: nothing can be said yet": "Поки що менше трьох валідацій: сказати ще нічого",
  "Epoch {epoch}, {text_how}: too few validations to judge by": "Епоха {epoch}, {text_how}: замало валідацій, щоб судити",

  // Library
  "The folder {text_name} is not in the folder of all runs. Delete it by hand": "Теки {text_name} немає серед тек запусків. Видаліть її вручну",
  "There is no training run in {text_name} (no run.json). Delete the folder by hand":
    "У {text_name} немає запуску (бракує run.json). Видаліть теку вручну",
  "The run {text_name} is being trained. Stop it, or wait for its end, and delete it then":
    "Запуск {text_name} саме навчається. Зупиніть його або дочекайтеся кінця, а тоді видаліть",
  "Not all of the run {text_name} could be deleted: {text_why}. Close what uses its files, such as TensorBoard or a file manager, and delete it again":
    "Запуск {text_name} видалено не повністю: {text_why}. Закрийте те, що тримає його файли, наприклад TensorBoard чи файловий менеджер, і видаліть ще раз",
  "Epoch {epoch} of the run {text_name} has not been validated. Choose one that its curve has":
    "Епоху {epoch} запуску {text_name} не валідовано. Виберіть таку, що є на кривій",
  "The run {text_name} has no losses of {text_weights} weights with and without a LoRA. They are there once an epoch has been validated":
    "У запуску {text_name} немає втрат ваг {text_weights} з LoRA і без неї. Вони з’являться після валідації епохи",
  "The run {text_name} has held out no such picture. Open the run again":
    "Запуск {text_name} такого зображення не відкладав. Відкрийте запуск ще раз",
  "The notes have {count} characters, at most {most} are possible. Shorten them":
    "Символів у нотатках: {count}, можна щонайбільше {most}. Скоротіть їх",
  "The notes on the run {text_name} have been changed elsewhere since they were shown. Copy your text, open the run again, and add it there":
    "Нотатки до запуску {text_name} тим часом змінено деінде. Скопіюйте свій текст, відкрийте запуск ще раз і додайте його там",
  "The files of the run {text_name} are damaged ({text_why})": "Файли запуску {text_name} пошкоджено ({text_why})",
  "The picture {text_name} is no longer in the folder {text_folder}. Put it back to see it":
    "Зображення {text_name} вже немає в теці {text_folder}. Поверніть його, щоб побачити",
  "There is no preview {text_name}. Open the run again": "Пробного зображення {text_name} немає. Відкрийте запуск ще раз",
  "The run {text_name} does not train at this moment, so there is nothing to stop":
    "Запуск {text_name} зараз не навчається, тож зупиняти нічого",
  "This cannot be shown: its files are damaged. The server's log has the details":
    "Це не показати: файли пошкоджено. Подробиці — в журналі сервера",

  // Queue
  "A newer version of LoRA Atelier wrote {text_name} in the queue of trainings. Update this one":
    "{text_name} у черзі тренувань записала новіша версія LoRA Atelier. Оновіть цю",
  "A file of the queue is damaged: {text_name}. Add that training to the queue again and delete the file":
    "Файл черги пошкоджено: {text_name}. Додайте те тренування до черги ще раз і видаліть файл",
  "{text_name} in the queue of trainings cannot be read: {text_why}. Check that you may open it":
    "{text_name} у черзі тренувань не читається: {text_why}. Перевірте, чи маєте до нього доступ",
  "The graph has {size} MB, and the queue takes {most} MB. Split it": "Граф має {size} МБ, а черга приймає {most} МБ. Поділіть його",
  "The queue of trainings in {text_folder} cannot be used: another ComfyUI with the same output folder works on it, or the folder may not be written to. Use the queue there, or close that one":
    "Чергу тренувань у {text_folder} не використати: нею зайнятий інший ComfyUI з тією самою текою output, або в теку не можна писати. Користуйтеся чергою там або закрийте той ComfyUI",
  "The training {text_name} is no longer in the queue: it has ended or was taken out meanwhile":
    "Тренування {text_name} вже немає в черзі: воно завершилося або його тим часом прибрано",
  "This training is under way. Cancel it first: it can be taken out then": "Це тренування триває. Спершу скасуйте його: тоді його можна прибрати",
  "This training was queued without its workflow, so it cannot be opened":
    "Це тренування поставлено в чергу без робочого процесу, тож відкрити його не можна",
  "This graph cannot be queued, since it could not run. {text_reason}": "Цей граф не поставити в чергу, бо він не запустився б. {text_reason}",
  "What is to be queued is not a graph in API format. Export it with File, Export (API)":
    "Те, що ставиться в чергу, — не граф у форматі API. Експортуйте його через File, Export (API)",
  "This graph has no LoRA Trainer, so there is nothing to queue. Run it as usual instead":
    "У цьому графі немає LoRA Trainer, тож ставити в чергу нічого. Запустіть його як звичайно",
  "The graph runs in a circle: {text_nodes}. Take one of these links away": "Граф замкнено в коло: {text_nodes}. Приберіть один із цих зв’язків",
  "ComfyUI does not say why. Its log may": "ComfyUI не каже чому. Можливо, причина є в його журналі",
  "ComfyUI could not look through the graph: {text_why}. Run it as usual to see why":
    "ComfyUI не зміг переглянути граф: {text_why}. Запустіть його як звичайно, щоб побачити чому",
  "ComfyUI refuses the graph. Run it as usual to see why": "ComfyUI не приймає граф. Запустіть його як звичайно, щоб побачити чому",

  // Disk
  "Cannot write {text_path}: {text_why}. Check that the folder exists and may be written to":
    "Не вдається записати {text_path}: {text_why}. Перевірте, чи є тека і чи можна в неї писати",
  "Cannot write {text_path}: {text_file} is a file, not a folder. Rename or move it, and run again":
    "Не вдається записати {text_path}: {text_file} — файл, а не тека. Перейменуйте або перенесіть його й запустіть ще раз",
  "The disk is full: {text_path} needs {needed} MB and {free} MB are free. Everything saved before is intact. Make room and run again: training resumes from its last saved state":
    "Диск заповнено: для {text_path} треба {needed} МБ, а вільно {free} МБ. Збережене раніше ціле. Звільніть місце й запустіть ще раз: навчання продовжиться з останнього збереженого стану",
  "The disk of {text_folder} has {text_free} free, but training needs {text_needed} more: {count} LoRA files of {text_each}, {text_state} for the state that resuming needs and {text_rest} for previews, latents and history. Make room, or keep fewer checkpoints, save them in float16, or choose a smaller rank":
    "На диску з {text_folder} вільно {text_free}, а навчанню треба ще {text_needed}: файли LoRA ({count} по {text_each}), {text_state} для стану, з якого продовжують, і {text_rest} для пробних зображень, латентів та історії. Звільніть місце, зберігайте менше чекпойнтів, зберігайте їх у float16 або виберіть менший rank",
  "The disk of {text_folder} has {text_free} free, but training needs {text_needed} more: {count} LoRA files of {text_each}, {text_state} for the state that resuming needs and {text_rest} for previews, latents and history each. Make room, or keep fewer checkpoints, save them in float16, or choose a smaller rank":
    "На диску з {text_folder} вільно {text_free}, а навчанню треба ще {text_needed}, на кожен запуск: файли LoRA ({count} по {text_each}), {text_state} для стану, з якого продовжують, і {text_rest} для пробних зображень, латентів та історії. Звільніть місце, зберігайте менше чекпойнтів, зберігайте їх у float16 або виберіть менший rank",
  "Cannot write to the folder for temporary files, {text_folder}: {text_why}. Make room there; 10,000 pictures need about 120 MB":
    "Не вдається писати в теку тимчасових файлів {text_folder}: {text_why}. Звільніть там місце; на 10 000 зображень треба близько 120 МБ",
  "A file cannot be used: {text_why}. Check that it is there and may be opened":
    "Файл не вдається використати: {text_why}. Перевірте, чи він є і чи можна його відкрити",
  "the models folder": "models",
  "the output folder": "output",
  "the input folder": "input",
  "the user folder": "user",
  "the folder for temporary files": "тека тимчасових файлів",
  "the home folder": "домашня тека",
  "LoRA Atelier's folder": "тека LoRA Atelier",
  "the output folder/{text_rest}": "output/{text_rest}",
  "the input folder/{text_rest}": "input/{text_rest}",
  "the models folder/{text_rest}": "models/{text_rest}",
};
