// @ts-check
/** What the server says of restyled buildings, passports, dials and sheets in Ukrainian. */

/** @type {import("../../chart/language.js").Table} */
export const RESTYLE = {
  // Photograph and mask
  "{text_name} has {width} x {height} pixels and the photo {photo_width} x {photo_height}: other proportions, so what stands out is cut off. Make it from this photo":
    "{text_name}: {width} x {height} пікселів, а фото {photo_width} x {photo_height}: пропорції інші, тож зайве обрізано. Зробіть її з цього фото",
  "The soft mask has {width} x {height} pixels and the photo {photo_width} x {photo_height}: other proportions, so the mask was stretched over the photo. Make the mask from this photo":
    "М’яка маска: {width} x {height} пікселів, а фото {photo_width} x {photo_height}: пропорції інші, тож маску розтягнуто. Зробіть маску з цього фото",
  "The photo is partly transparent; those parts were laid on white": "Фото частково прозоре; ці місця покладено на біле",
  "A feather of {feather} pixels is wider than what is white in the soft mask, so nothing is left of it. Lower mask_feather":
    "Розмиття (mask_feather {feather}) ширше за біле в м’якій масці, тож від неї нічого не лишається. Зменште mask_feather",
  "The soft mask is black everywhere, so the photo stays as it is. Paint what may change (Load Image, right click: Open in Mask Editor), or disconnect soft_mask to redraw everything. (Load Image gives such a mask for a picture without transparency.)":
    "М’яка маска всюди чорна, тож фото лишається як є. Зафарбуйте, що може змінитися (Load Image, права кнопка: Open in Mask Editor), або від’єднайте soft_mask, щоб намалювати все наново. (Load Image дає таку маску для зображення без прозорості.)",
  "The soft mask is white everywhere, so the whole photo is redrawn, as without a mask":
    "М’яка маска всюди біла, тож усе фото буде намальовано наново, як без маски",
  "{text_have} is connected but {text_lack} is not. Connect both or neither":
    "{text_have} з’єднано, а {text_lack} — ні. З’єднайте обидва або жодного",
  "{text_name}_start ({start}) is after {text_same}_end ({end}). Swap them":
    "{text_name}_start ({start}) пізніше за {text_same}_end ({end}). Поміняйте їх місцями",
  "The picture has {width} x {height} pixels, the photo {photo_width} x {photo_height}. Connect the photo that the picture was made from: the output photo of Styled ControlNet Apply":
    "Зображення має {width} x {height} пікселів, а фото {photo_width} x {photo_height}. З’єднайте фото, з якого його зроблено: вихід photo вузла Styled ControlNet Apply",
  "Only pictures of one size can be compared, got {text_one} and {text_other}. Scale one of them":
    "Порівняти можна лише зображення одного розміру, а тут {text_one} і {text_other}. Змініть розмір одного з них",
  "Only depth maps of one size can be compared, got {text_one} and {text_other}":
    "Порівняти можна лише карти глибини одного розміру, а тут {text_one} і {text_other}",
  "Structural similarity needs pictures of at least {least} pixels a side, got {text_size}. Use larger ones":
    "Для структурної подібності потрібно щонайменше {least} пікселів на бік, а тут {text_size}. Візьміть більші",

  // Passport
  "Lines: structural similarity {value} of 1": "Лінії: структурна подібність {value} з 1",
  "Edges: {recall}% of the photo's are still there, {precision}% of the picture's were there before (F1 {f1})":
    "Краї: {recall}% країв фото лишилися, {precision}% країв зображення були й раніше (F1 {f1})",
  "Depth: error {value} of a range of 1": "Глибина: похибка {value} на діапазон 1",
  "Outside the mask: at most {most} of 255 levels, mean {mean}": "Поза маскою: щонайбільше {most} з 255 рівнів, у середньому {mean}",
  "Soft mask: change and grey correlate by {value} of 1": "М’яка маска: зміна й сірість корелюють на {value} з 1",
  "Style: {value} away from its held-out pictures": "Стиль: {value} від його відкладених зображень",
  "The style's LoRA closed {share}% of the plain model's distance": "LoRA стилю скоротила відстань звичайної моделі на {share}%",
  "This is not a passport of LoRA Atelier: {text_name} is {text_value}. Connect the passports of Restyle Passport":
    "Це не паспорт LoRA Atelier: {text_name} — {text_value}. З’єднайте вихід passports вузла Restyle Passport",
  "These are not passports of LoRA Atelier ({text_why}). Connect those of Restyle Passport":
    "Це не паспорти LoRA Atelier ({text_why}). З’єднайте вихід passports вузла Restyle Passport",
  "These are not passports of LoRA Atelier: the text is no list of them. Connect those of Restyle Passport":
    "Це не паспорти LoRA Atelier: текст — не їхній список. З’єднайте вихід passports вузла Restyle Passport",

  // Dial
  "Lineart {lineart} until {lineart_end}%, depth {depth} until {depth_end}%, denoise {denoise}":
    "Лінії {lineart} до {lineart_end}%, глибина {depth} до {depth_end}%, denoise {denoise}",
  "{share}% of the lines should agree (edge F1; {free}% free, {held}% held). {text_settings}":
    "Має збігтися {share}% ліній (F1 країв; {free}% вільно, {held}% з утриманням). {text_settings}",
  "{text_settings} Not calibrated: what that keeps is not known for your model. Dial Calibration measures it":
    "{text_settings} Не відкалібровано: що це збереже, для вашої моделі невідомо. Виміряє Dial Calibration",
  "Not calibrated: what that keeps is not known for your model": "Не відкалібровано: що це збереже, для вашої моделі невідомо",
  "Dial Calibration measures it": "Виміряє Dial Calibration",
  "This dial is not calibrated. Dial Steps and Dial Calibration measure it":
    "Цей регулятор не відкалібровано. Його вимірюють Dial Steps і Dial Calibration",
  "keep {keep}: {share}% of the lines should agree": "keep {keep}: має збігтися {share}% ліній",
  "Standard error of what was measured: up to {error}%": "Стандартна похибка виміряного: до {error}%",
  "More seeds make it less": "Більше seeds її зменшують",
  "Kept as {text_choice}. Press R, and choose it in Building Dial": "Збережено як {text_choice}. Натисніть R і виберіть у Building Dial",
  "Kept as {text_choice}": "Збережено як {text_choice}",
  "Press R, and choose it in Building Dial": "Натисніть R і виберіть у Building Dial",
  "Passports of {count} pictures arrived for {text_steps}. Connect Restyle Passport behind the very Dial Steps that 'steps' comes from":
    "Паспортів надійшло: {count}, а потрібно для {text_steps}. З’єднайте Restyle Passport за тим самим Dial Steps, з якого йде 'steps'",
  "{pictures} pictures at {holds} holds": "зображень: {pictures}, утримань: {holds}",
  "{passports} passports arrived for {holds} holds. Each hold needs one":
    "Паспортів надійшло: {passports}, утримань: {holds}. Кожному потрібен свій",
  "A hold is from 0 to 1, got {text_hold}": "Утримання — від 0 до 1, а тут {text_hold}",
  "A dial's curve needs line agreements at two or more different holds, in increasing order":
    "Для кривої регулятора потрібен збіг ліній щонайменше за двох різних утримань, за зростанням",
  "Lines agree by {free} with a free style and by {held} with the building held, so there is nothing to turn. See whether both ControlNets and their pictures are connected, and that the pictures come in the order of their settings":
    "Лінії збігаються на {free} з вільним стилем і на {held} з утриманою будівлею, тож регулювати нічого. Перевірте, чи з’єднано обидва ControlNet та їхні зображення і чи зображення йдуть у порядку налаштувань",
  "This is not a calibration of LoRA Atelier's dial, or it is damaged. Measure it again with Dial Calibration":
    "Це не калібрування регулятора LoRA Atelier, або воно пошкоджене. Виміряйте ще раз у Dial Calibration",
  "This is not a calibration of LoRA Atelier's dial, or has too many points. Measure it with Dial Calibration":
    "Це не калібрування регулятора LoRA Atelier, або в ньому забагато точок. Виміряйте його в Dial Calibration",
  "This calibration was written by a newer LoRA Atelier. Update the pack to use it":
    "Це калібрування записав новіший LoRA Atelier. Оновіть пакет, щоб його використати",
  "calibration must be one of the list, got {text_value}. Press R to refresh the list":
    "calibration має бути зі списку, а отримано {text_value}. Натисніть R, щоб оновити список",
  "There is no calibration {text_name}. Make one with Dial Steps and Dial Calibration, or choose {text_other}":
    "Калібрування {text_name} немає. Зробіть його в Dial Steps і Dial Calibration або виберіть {text_other}",
  "{text_name} is too large for a calibration. Choose another one": "{text_name} завеликий для калібрування. Виберіть інше",
  "It is a folder or a link": "Це тека або посилання",
  "{text_file} is another file and stays as it is: {text_why} Choose another name":
    "{text_file} — інший файл, і він лишається як є: {text_why} Виберіть іншу назву",

  // Sheets
  "Rows and columns are both epochs. Choose strengths or seeds as columns": "І рядки, і стовпці — епохи. Виберіть для стовпців strengths або seeds",
  "Rows of epochs are of one run, got {count} styles. Choose styles as rows":
    "Рядки-епохи бувають одного запуску, а стилів {count}. Виберіть для рядків styles",
  "{count} {text_what} for {text_grid}. Connect what was made from the very Sheet Cells that 'cells' comes from, one picture for each cell: a latent with batch_size 1":
    "{text_what}: {count}, а потрібно для {text_grid}. З’єднайте те, що зроблено з того самого Sheet Cells, звідки йде 'cells', по зображенню на клітинку: latent із batch_size 1",
  "pictures arrived": "надійшло зображень",
  "notes arrived": "надійшло приміток",
  "{cells} cells ({rows} rows of {columns})": "клітинок: {cells} (рядків: {rows} по {columns})",
  "A sheet has 1 to {most} cells, got {rows} rows of {columns}. Name fewer values":
    "На аркуші від 1 до {most} клітинок, а тут рядків {rows} по {columns}. Задайте менше значень",
  "{text_name} must be numbers from {text_least} to {text_most} with commas between them, such as '0, 0.5, 1'; got {text_value}":
    "{text_name}: потрібні числа від {text_least} до {text_most} через кому, наприклад '0, 0.5, 1', а отримано {text_value}",
  "epochs must be whole numbers with commas between them, such as '12, 50', got {text_value}":
    "epochs: потрібні цілі числа через кому, наприклад '12, 50', а отримано {text_value}",
  "These runs keep no epoch in common. Name epochs, or choose other columns":
    "Ці запуски не мають спільної збереженої епохи. Назвіть епохи або виберіть інші стовпці",
  "Epochs are those of a run: connect 'run' to LoRA Trainer or Training Run Loader":
    "Епохи бувають у запуску: з’єднайте 'run' із LoRA Trainer або Training Run Loader",
  "Rows of styles need LoRAs: connect 'lora' to Checkpoint Picker, or 'run' to a run":
    "Для рядків-стилів потрібні LoRA: з’єднайте 'lora' з Checkpoint Picker або 'run' із запуском",
  "{names} names for {loras} LoRAs. Connect 'lora_names' to the 'file name' of the same Checkpoint Picker, or leave it":
    "Назв: {names}, а LoRA: {loras}. З’єднайте 'lora_names' із 'file name' того самого Checkpoint Picker або лишіть вільним",

  // Second opinion
  "no LoRA": "без LoRA",
  "held-out pictures": "відкладені зображення",
  "epoch {epoch} (picked)": "епоха {epoch} (вибрана)",
  "style distance {distance}": "відстань до стилю {distance}",
  "style distance {distance} (can't be told apart from the pick)": "відстань до стилю {distance} (не відрізнити від вибраної)",
  "style distance {distance} ({difference} \u00b1 {error} nearer than the pick)":
    "відстань до стилю {distance} (на {difference} \u00b1 {error} ближче, ніж вибрана)",
  "style distance {distance} ({difference} \u00b1 {error} farther than the pick)":
    "відстань до стилю {distance} (на {difference} \u00b1 {error} далі, ніж вибрана)",
  "variety {variety}": "різноманіття {variety}",
  "none like a training picture": "жодне не схоже на навчальне",
  "{text_row}: like training pictures: {text_names}": "{text_row}: схожі на навчальні: {text_names}",
  "{text_row}, like training pictures: {text_names}": "{text_row}, схожі на навчальні: {text_names}",
};
