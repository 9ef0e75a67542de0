// @ts-check
/** What the server says of models, LoRAs, packages and memory in Ukrainian. */

/** @type {import("../../chart/language.js").Table} */
export const MODELS = {
  // Base models
  "The base model must be Stable Diffusion 1.5 or a fine-tune of it, but this one is {text_what}. Choose an SD 1.5 checkpoint in the Load Checkpoint node":
    "Базова модель має бути Stable Diffusion 1.5 або донавченою з неї, а ця — {text_what}. Виберіть чекпойнт SD 1.5 у вузлі Load Checkpoint",
  "The base model must be Stable Diffusion 1.5 or a fine-tune of it that predicts noise; this one predicts something else ({text_what}). Choose an SD 1.5 checkpoint in the Load Checkpoint node":
    "Базова модель має бути Stable Diffusion 1.5 або донавченою з неї та передбачати шум; ця передбачає щось інше ({text_what}). Виберіть чекпойнт SD 1.5 у вузлі Load Checkpoint",
  "The base model does not predict the noise as Stable Diffusion 1.5 does: {text_where} says {text_what}. A LoRA trained on it would not fit it. Use SD 1.5 or a fine-tune of it that predicts the noise (epsilon)":
    "Базова модель передбачає шум не так, як Stable Diffusion 1.5: у {text_where} сказано {text_what}. LoRA, навчена на ній, їй не підійшла б. Візьміть SD 1.5 або донавчену з неї модель, що передбачає шум (epsilon)",
  "scheduler_config.json of {text_name}": "scheduler_config.json моделі {text_name}",
  "{text_kind} with prediction_type {text_prediction}": "{text_kind} з prediction_type {text_prediction}",
  "other noise levels ({text_shown})": "інші рівні шуму ({text_shown})",
  "other noise levels": "інші рівні шуму",
  "noise levels down to a signal of zero": "рівні шуму аж до нульового сигналу",
  "{text_meaning} (it has a key {text_key})": "{text_meaning} (є ключ {text_key})",
  "{text_file} cannot be used ({text_why}). Download it again": "{text_file} не вдається використати ({text_why}). Завантажте його ще раз",
  "Stable Diffusion XL or a relative": "Stable Diffusion XL чи споріднена",
  "not a Stable Diffusion UNet at all (no input block found)": "взагалі не UNet від Stable Diffusion (немає вхідного блока)",
  "made for {channels} input channels (inpainting or editing), not 4":
    "зроблена для {channels} вхідних каналів (inpainting чи редагування), а не для 4",
  "of another layout (no attention at the first level)": "інакше влаштована (немає уваги на першому рівні)",
  "Stable Diffusion 2 (1,024 text features, where SD 1.5 has 768)": "Stable Diffusion 2 (1024 текстові ознаки, у SD 1.5 їх 768)",
  "The VAE is not SD 1.5's: its latents have {channels} channels, and the UNet's have 4":
    "VAE не від SD 1.5: його латенти мають каналів: {channels}, а UNet — 4",
  "The text encoder has {features} features, but this UNet was trained with {expected}":
    "Текстовий кодувальник має ознак: {features}, а цей UNet навчено з {expected}",
  "{text_misfit}. Use the UNet, text encoder and VAE of one SD 1.5 checkpoint":
    "{text_misfit}. Візьміть UNet, текстовий кодувальник і VAE з одного чекпойнта SD 1.5",
  "The checkpoint is incomplete: its text encoder lacks {text_names}, ... Download it again":
    "Чекпойнт неповний: його текстовому кодувальнику бракує {text_names}, ... Завантажте його ще раз",
  "The checkpoint has no {text_part} (no weight named {text_prefix}...). Use a full SD 1.5 checkpoint such as v1-5-pruned-emaonly.safetensors":
    "У чекпойнті немає {text_part} (жодної ваги з назвою {text_prefix}...). Візьміть повний чекпойнт SD 1.5, наприклад v1-5-pruned-emaonly.safetensors",
  "text encoder": "текстового кодувальника",
  "The checkpoint is incomplete, damaged or of another layout ({text_why}). Download the file again, or use another SD 1.5 checkpoint":
    "Чекпойнт неповний, пошкоджений або інакше влаштований ({text_why}). Завантажте файл ще раз або візьміть інший чекпойнт SD 1.5",
  "{text_file} is incomplete: it lacks {text_names}. Download it again, or use another SD 1.5 model":
    "{text_file} неповний: бракує {text_names}. Завантажте його ще раз або візьміть іншу модель SD 1.5",
  "{text_file} is damaged or of another layout: {text_key} has the shape {text_shape}, and {text_expected} was expected. Download it again, or use another SD 1.5 model":
    "{text_file} пошкоджено або інакше влаштовано: {text_key} має форму {text_shape}, а очікувалася {text_expected}. Завантажте його ще раз або візьміть іншу модель SD 1.5",
  "The {text_socket} input carries {text_found}, which training would ignore. Connect the {text_same} of the Load Checkpoint node, or of a LoRA loader or a merge behind it, to LoRA Trainer directly, and use the rest where pictures are made":
    "Вхід {text_socket} несе {text_found}, а навчання цього не врахувало б. З’єднайте {text_same} вузла Load Checkpoint (або завантажувача LoRA чи злиття за ним) прямо з LoRA Trainer, а решту додайте там, де роблять зображення",
  "hooks (Set CLIP Hooks)": "гачки (Set CLIP Hooks)",
  "The CLIP input is not SD 1.5's text encoder: it holds {text_names}. Connect the CLIP of the same Load Checkpoint node":
    "На вході CLIP не текстовий кодувальник SD 1.5: там {text_names}. З’єднайте CLIP того самого вузла Load Checkpoint",
  "The CLIP input is not SD 1.5's text encoder. Connect the CLIP of the same Load Checkpoint node":
    "На вході CLIP не текстовий кодувальник SD 1.5. З’єднайте CLIP того самого вузла Load Checkpoint",
  "CLIP is of {text_got}, MODEL is {text_model}. Connect the CLIP of the same Load Checkpoint node":
    "CLIP — від {text_got}, а MODEL — {text_model}. З’єднайте CLIP того самого вузла Load Checkpoint",
  "VAE makes {channels} latent channels, MODEL ({text_model}) reads {expected}. Connect the VAE of the same Load Checkpoint node":
    "VAE дає каналів у латентах: {channels}, а MODEL ({text_model}) читає {expected}. З’єднайте VAE того самого вузла Load Checkpoint",
  "{text_name} is a ControlNet for {text_family}, MODEL is {text_model}. Choose a ControlNet for the same model":
    "{text_name} — ControlNet для {text_family}, а MODEL — {text_model}. Виберіть ControlNet для тієї самої моделі",
  "the pocket model": "кишенькова модель",
  "Flux or a relative": "Flux чи споріднена",
  "a model with {features} text features": "модель із текстовими ознаками: {features}",
  "{text_what} is missing: there is no {text_file}. Install LoRA Atelier again, or copy the file there from the folder pocket/model of its repository":
    "{text_what}: файлу {text_file} немає. Встановіть LoRA Atelier ще раз або скопіюйте файл туди з теки pocket/model репозиторію",
  "A file of the pocket model": "Кишенькова модель неповна",
  "The pocket model": "Кишенькова модель неповна",

  "Cannot read {text_file}: {text_why}. Download the file again": "Не вдається прочитати {text_file}: {text_why}. Завантажте файл ще раз",

  // LoRAs
  "The LoRA fits no layer of the model: it was made for {text_lora}, and this is {text_model}. Connect the model that it was trained on, or a LoRA for this one":
    "LoRA не підходить до жодного шару моделі: її зроблено для {text_lora}, а це {text_model}. З’єднайте модель, на якій її навчено, або LoRA для цієї",
  "{fitting} of the LoRA's {layers} layers fit this model, {text_model}; the others were left out ({text_first} and so on). It was made for {text_lora}":
    "До цієї моделі ({text_model}) підходить шарів LoRA: {fitting} з {layers}; решту пропущено ({text_first} тощо). Її зроблено для {text_lora}",
  "The saved LoRA has {got} matrices, this run trains {wanted}; they were made with other layers. Start a run under a new name":
    "У збереженій LoRA матриць: {got}, а цей запуск навчає {wanted}; їх зроблено з іншими шарами. Почніть запуск під новою назвою",
  "The saved LoRA was made with another rank or for another model: {text_key} has the shape {text_shape}, and {text_needed} is needed for rank {rank}. Use the settings it was made with, or start a run under a new name":
    "Збережену LoRA зроблено з іншим rank або для іншої моделі: {text_key} має форму {text_shape}, а для rank {rank} потрібна {text_needed}. Поверніть налаштування, з якими її зроблено, або почніть запуск під новою назвою",
  "The LoRA to start from has {got} matrices, this run trains {wanted}, and they have {common} in common. It was made with other layers (layers, train_text_encoder) or by another program: use the settings it was made with":
    "У LoRA, з якої починають, матриць: {got}, цей запуск навчає {wanted}, спільних {common}. Її зроблено з іншими шарами (layers, train_text_encoder) або іншою програмою: візьміть налаштування, з якими її зроблено",
  "The LoRA to start from has rank {text_ranks}, this run rank {rank}. Use the same rank":
    "LoRA, з якої починають, має rank {text_ranks}, а цей запуск — {rank}. Поставте той самий rank",
  "The LoRA to start from has alpha {text_alphas}, this run alpha {text_alpha}: it would count for more or less than it was trained to. Use the same alpha":
    "LoRA, з якої починають, має alpha {text_alphas}, а цей запуск — {text_alpha}: вона діяла б сильніше або слабше, ніж навчена. Поставте ту саму alpha",
  "The LoRA to start from holds values that are no numbers: its training had gone wrong. Use an earlier checkpoint of it, or another LoRA":
    "LoRA, з якої починають, містить значення, що не є числами: її навчання зірвалося. Візьміть її раніший чекпойнт або іншу LoRA",
  "The LoRA to start from was made for another base model: {text_key} has the shape {text_shape}, and {text_needed} is needed. Use the base model it was made for":
    "LoRA, з якої починають, зроблено для іншої базової моделі: {text_key} має форму {text_shape}, а потрібна {text_needed}. Візьміть базову модель, для якої її зроблено",
  "{text_file} was written but reads back differently. Check the disk and run again":
    "{text_file} записано, але читається інакше. Перевірте диск і запустіть ще раз",
  "Cannot read the LoRA {text_file}: {text_why}. Pick another epoch": "LoRA {text_file} не читається: {text_why}. Виберіть іншу епоху",
  "{text_file} exists and was not written by LoRA Atelier. Choose another file name":
    "Файл {text_file} уже є, і його записав не LoRA Atelier. Виберіть іншу назву файлу",
  "{text_file} is saved, but not everything that shows it in a model browser: {text_why}":
    "{text_file} збережено, але не все, що показує його в переглядачі моделей: {text_why}",

  // Models that caption and that estimate depth
  "Cannot download {text_model}: {text_why}\nWithout a connection, fetch the files of {text_page} elsewhere (config.json, the other .json and .txt files, and the .safetensors weights) and put them into {text_folder}":
    "Не вдається завантажити {text_model}: {text_why}\nБез мережі візьміть файли зі сторінки {text_page} деінде (config.json, інші файли .json і .txt та ваги .safetensors) і покладіть їх у {text_folder}",
  "There is no model in {text_folder}: config.json is missing. {text_advice}":
    "У {text_folder} немає моделі: бракує config.json. {text_advice}",
  "{text_file} is damaged ({text_why}). {text_advice}": "{text_file} пошкоджено ({text_why}). {text_advice}",
  "{text_folder} holds a model of type {text_kind}, not one of {text_kinds}. {text_advice}":
    "У {text_folder} модель типу {text_kind}, а потрібна одна з {text_kinds}. {text_advice}",
  "The weights are missing in {text_folder}: there is no .safetensors file beside config.json. {text_advice}":
    "У {text_folder} бракує ваг: поруч із config.json немає файлу .safetensors. {text_advice}",
  "preprocessor_config.json is missing in {text_folder}. {text_advice}": "У {text_folder} бракує preprocessor_config.json. {text_advice}",
  "The weights in {text_folder} are incomplete: {count} tensors are missing, {text_first} first. {text_advice}":
    "Ваги в {text_folder} неповні: бракує тензорів: {count}, перший — {text_first}. {text_advice}",
  "There is not enough GPU memory for this model. {text_advice}": "Для цієї моделі бракує пам’яті відеокарти. {text_advice}",
  "There is not enough memory to load the model in {text_folder}. Close other programs, or choose a smaller one":
    "Бракує пам’яті, щоб завантажити модель із {text_folder}. Закрийте інші програми або виберіть меншу",
  "The model in {text_folder} cannot be loaded: {text_why}\n{text_advice}":
    "Модель у {text_folder} не завантажується: {text_why}\n{text_advice}",
  "Put all files of {text_page} or {text_other} into a folder of their own under {text_place}":
    "Покладіть усі файли {text_page} або {text_other} в окрему теку всередині {text_place}",
  "Put all files of {text_page} into a folder of their own under {text_place}":
    "Покладіть усі файли {text_page} в окрему теку всередині {text_place}",
  "Choose BLIP instead of BLIP-2, or close other programs that use the GPU":
    "Виберіть BLIP замість BLIP-2 або закрийте інші програми, що займають відеокарту",
  "There is not enough GPU memory to caption. {text_advice}": "Для підписів бракує пам’яті відеокарти. {text_advice}",
  "The tokenizer's files are missing in {text_folder}. {text_advice}": "У {text_folder} бракує файлів токенізатора. {text_advice}",
  "The tokenizer or processor in {text_folder} cannot be loaded: {text_why}\n{text_advice}":
    "Токенізатор чи процесор у {text_folder} не завантажується: {text_why}\n{text_advice}",
  "The processor in {text_folder} cannot be loaded: {text_why}\n{text_advice}":
    "Процесор у {text_folder} не завантажується: {text_why}\n{text_advice}",
  "There is no model {text_name}. There are: {text_names}": "Моделі {text_name} немає. Є: {text_names}",

  // Packages
  "{text_purpose} needs {text_package} {text_oldest} or newer, {text_state}: run {text_command} and restart":
    "{text_purpose}: потрібен {text_package} {text_oldest} або новіший, {text_state}: виконайте {text_command} і перезапустіть ComfyUI",
  "{text_purpose} needs {text_package} {text_oldest} or newer, {text_state}: install torch, torchvision and torchaudio again, as ComfyUI's README says for your graphics card, and restart":
    "{text_purpose}: потрібен {text_package} {text_oldest} або новіший, {text_state}: установіть torch, torchvision і torchaudio знову, як радить README ComfyUI для вашої відеокарти, і перезапустіть ComfyUI",
  "The figure of a run": "Рисунок запуску",
  "A run's record for TensorBoard": "Запис запуску для TensorBoard",
  "Captioning by BLIP": "Підписи від BLIP",
  "A depth map": "Карта глибини",
  "Reading pictures": "Читання зображень",
  "which is not installed": "а його не встановлено",
  "and {text_version} is installed": "а встановлено {text_version}",
  "and {text_version} cannot be imported ({text_why})": "а {text_version} не імпортується ({text_why})",
  "the one installed": "встановлений",
  "and {text_package} keeps it from being imported ({text_why})": "а імпортувати його не дає {text_package} ({text_why})",

  // Memory
  "About {text_need} of {text_total} of memory ({text_how})": "Близько {text_need} з {text_total} пам’яті ({text_how})",
  "Only {text_free} are free: it may run out, or be very slow. Close other programs":
    "Вільно лише {text_free}: пам’яті може не вистачити, або буде дуже повільно. Закрийте інші програми",
  "Only {text_free} are free": "Вільно лише {text_free}",
  "it may run out, or be very slow": "пам’яті може не вистачити, або буде дуже повільно",
  "Close other programs": "Закрийте інші програми",
  "{count} at a time": "по {count} за раз",
  "gradient checkpointing": "gradient checkpointing",
  "{size} GB": "{size} ГБ",
  "{size} MB": "{size} МБ",
  "Out of memory {text_doing}": "Забракло пам’яті {text_doing}",
  "There is room again {text_doing}": "Пам’яті знову досить {text_doing}",
  "at step {step}": "на кроці {step}",
  "while validating": "під час валідації",
  "while encoding pictures": "під час кодування зображень",
  "while drawing a preview": "під час малювання пробного зображення",
  "while captioning": "під час підписування",
  "while estimating depth": "під час оцінювання глибини",
  "on the CPU": "на процесорі",
  "same effective batch": "ефективний батч той самий",
  "Out of memory {text_doing} even with one picture at a time: gradient checkpointing is on from here":
    "Забракло пам’яті {text_doing} навіть по одному зображенню: звідси ввімкнено gradient checkpointing",
  "Out of memory {text_doing} even with one picture at a time and gradient checkpointing. Nothing that was saved is lost. Choose a smaller resolution or bfloat16 precision, or close other programs that use the GPU, and run again":
    "Забракло пам’яті {text_doing} навіть по одному зображенню і з gradient checkpointing. Збережене не втрачено. Виберіть меншу роздільність або точність bfloat16, чи закрийте інші програми, що займають відеокарту, і запустіть ще раз",
  "Out of memory while validating, even with one picture at a time. Close other programs that use the GPU, then run again: training resumes from there":
    "Забракло пам’яті під час валідації навіть по одному зображенню. Закрийте інші програми, що займають відеокарту, і запустіть ще раз: навчання продовжиться звідти",
  "Out of memory while encoding {text_name}. Choose a smaller resolution, or close other programs":
    "Забракло пам’яті під час кодування {text_name}. Виберіть меншу роздільність або закрийте інші програми",
  "Out of memory while estimating depth. Use a smaller picture, or close other programs":
    "Забракло пам’яті під час оцінювання глибини. Візьміть менше зображення або закрийте інші програми",
  "There is no memory for a preview": "Для пробного зображення бракує пам’яті",
  "There is no memory for a picture of {side} pixels. Close other programs that use the GPU, and run again":
    "Для зображення зі стороною {side} px бракує пам’яті. Закрийте інші програми, що займають відеокарту, і запустіть ще раз",
  "No memory for the preview of epoch {epoch}; training continues": "Для пробного зображення епохи {epoch} бракує пам’яті; навчання триває",
};
