// @ts-check
/** The example workflows' notes in Ukrainian, line by line, and their titles and labels. */

/** @type {import("../../chart/language.js").Table} */
export const NOTES = {
  // train_a_style
  "**Train a LoRA on a style of buildings**": "**Навчіть LoRA стилю будівель**",
  "1. Put about **64 clean pictures** of one style into a folder inside **ComfyUI/datasets** and press **R**.":
    "1. Покладіть близько **64 чистих зображень** одного стилю в теку всередині **ComfyUI/datasets** і натисніть **R**.",
  "2. Choose that folder in **Dataset Loader**. 8 pictures are held out and never trained on.":
    "2. Виберіть цю теку в **Dataset Loader**. 8 зображень відкладаються, на них не навчають.",
  "3. Press **Run** and watch the curves grow in **LoRA Trainer**. *Cancel* loses nothing: the next Run goes on from there.":
    "3. Натисніть **Run** і дивіться, як ростуть криві в **LoRA Trainer**. *Cancel* нічого не втрачає: наступний Run продовжить звідти.",
  "4. **Checkpoint Picker** takes the epoch with the lowest validation loss and puts its LoRA into **models/loras**. Click on its curve to choose another one.":
    "4. **Checkpoint Picker** бере епоху з найнижчою валідаційною втратою і кладе її LoRA в **models/loras**. Клацніть на кривій, щоб вибрати іншу.",
  "All values are the paper's recipe: 200 epochs, 2,800 steps.": "Усі значення \u2014 рецепт статті: 200 епох, 2800 кроків.",

  // five_styles
  "**The paper's experiment in one graph**": "**Дослід зі статті в одному графі**",
  "1. Make a folder of five folders in **ComfyUI/datasets**, about **64 pictures** each, and press **R**:":
    "1. Зробіть у **ComfyUI/datasets** теку з п\u2019яти тек, по **64 зображення** в кожній, і натисніть **R**:",
  "2. Load a **photograph** and its **soft mask** in group 4.":
    "2. Завантажте **фотографію** та її **м\u2019яку маску** в групі 4.",
  "3. Press **Run**. Dataset Loader gives one dataset a folder, and every node after it runs once for each: five trainings, five curves, and one sheet of the building in all five styles. *Cancel* loses nothing.":
    "3. Натисніть **Run**. Dataset Loader дає по набору на теку, і кожен вузол після нього виконується для кожного: п\u2019ять навчань, п\u2019ять кривих і один аркуш будівлі в усіх п\u2019яти стилях. *Cancel* нічого не втрачає.",
  "**What the sheet shows**": "**Що показує аркуш**",
  "One row for each style, one column for each strength of the LoRA. Below each picture its passport says how much of the building was kept: lines and edges are best at 1.":
    "Рядок \u2014 стиль, стовпець \u2014 сила LoRA. Під кожним зображенням його паспорт каже, скільки збережено від будівлі: лінії та краї найкращі, коли 1.",
  "In *Sheet Cells*:": "У *Sheet Cells*:",
  "- **Other strengths**: *strengths*, such as `0, 0.5, 1`; 0 is the plain model.":
    "- **Інші сили**: *strengths*, наприклад `0, 0.5, 1`; 0 \u2014 сама модель.",
  "- **Several tries**: set *columns* to seeds.": "- **Кілька спроб**: поставте *columns* на seeds.",
  "**If it is not right yet**": "**Якщо ще не те**",
  "- **Too little style**: a higher strength, or a later epoch in *Checkpoint Picker*.":
    "- **Замало стилю**: більша сила або пізніша епоха в *Checkpoint Picker*.",
  "- **Too far from the building**: raise *lineart_strength* and *depth_strength*.":
    "- **Задалеко від будівлі**: збільште *lineart_strength* і *depth_strength*.",
  "- **Too close to it**: lower them.": "- **Заблизько до неї**: зменште їх.",
  "- **Good, but not this one**: another *seed* in Sheet Cells.": "- **Добре, але не це**: інший *seed* у Sheet Cells.",
  "- Where the mask is black, *Keep the photo* puts back the photo itself, pixel for pixel.":
    "- Де маска чорна, *Keep the photo* повертає саму фотографію, піксель у піксель.",

  // learn_without_a_gpu
  "**The whole loop in minutes, without a graphics card**": "**Увесь цикл за хвилини, без відеокарти**",
  "Press **Run**. Nothing has to be downloaded: **Pocket Model Loader** gives a very small model that knows ordinary drawn buildings, and **Drawn Dataset** draws 64 pictures of a style that it does not know.":
    "Натисніть **Run**. Нічого не треба завантажувати: **Pocket Model Loader** дає дуже малу модель, яка знає звичайні мальовані будівлі, а **Drawn Dataset** малює 64 зображення стилю, якого вона не знає.",
  "1. Watch the curves grow in **LoRA Trainer**: 200 epochs, 2,800 steps, the paper's recipe, with an *alpha* of 16.":
    "1. Дивіться, як ростуть криві в **LoRA Trainer**: 200 епох, 2800 кроків, рецепт статті, з *alpha* 16.",
  "2. The validation loss falls, then rises: from there on the LoRA learns the 56 pictures by heart.":
    "2. Валідаційна втрата спадає, потім росте: звідти LoRA завчає 56 зображень.",
  "3. **Checkpoint Picker** goes back to the best epoch and says why. Click on its curve to try another one.":
    "3. **Checkpoint Picker** повертається до найкращої епохи й каже, чому. Клацніть на кривій, щоб спробувати іншу.",
  "4. Group 4 shows the same prompt and seed with the style and without it.":
    "4. Група 4 показує той самий запит і seed зі стилем і без нього.",
  "Then choose another *style*, or go on with **train_a_style**: the same graph for photographs and Stable Diffusion 1.5.":
    "Потім виберіть інший *style* або перейдіть до **train_a_style**: це той самий граф для фотографій і Stable Diffusion 1.5.",

  // restyle_a_building
  "**Give a building the style you trained**": "**Дайте будівлі навчений стиль**",
  "1. **Training Run Loader** opens the run trained last; choose another one there.":
    "1. **Training Run Loader** відкриває останній навчений запуск; іншого виберіть там само.",
  "2. Load a **photograph** of the building and paint its **soft mask**. To try it, press Run with the drawn theatre.":
    "2. Завантажте **фотографію** будівлі й намалюйте її **м\u2019яку маску**. Щоб спробувати, натисніть Run із мальованим театром.",
  "3. Write the prompt in **Styled ControlNet Apply** and press **Run**. Begin it with the trigger word if the style was trained with one.":
    "3. Напишіть запит у **Styled ControlNet Apply** і натисніть **Run**. Почніть його зі слова-тригера, якщо стиль навчено з ним.",
  "The lines and the depth of the photograph hold the composition. **Passport** measures how well, and *Save Image* keeps its figures in the PNG.":
    "Лінії та глибина фотографії тримають композицію. **Passport** вимірює, наскільки добре, а *Save Image* зберігає його числа в PNG.",
  "ComfyUI offers to download what is missing:": "ComfyUI пропонує завантажити те, чого бракує:",
  "Depth Map fetches its own model (100 MB) on first use.":
    "Depth Map завантажує власну модель (100 МБ) під час першого запуску.",
  "- **Too little style**: raise *lora_strength*, or pick a later epoch.":
    "- **Замало стилю**: збільште *lora_strength* або виберіть пізнішу епоху.",
  "- **Good, but not this one**: another *seed* in KSampler.": "- **Добре, але не це**: інший *seed* у KSampler.",
  "Right-click *Photograph* and choose **Open in Mask Editor**: paint what may change, and save.":
    "Клацніть *Photograph* правою кнопкою та виберіть **Open in Mask Editor**: зафарбуйте те, що може змінитися, і збережіть.",
  "- painted: new pixels": "- зафарбоване: нові пікселі",
  "- not painted: the photograph stays, pixel for pixel": "- не зафарбоване: фотографія лишається, піксель у піксель",
  "- half transparent: half as much change": "- напівпрозоре: змін удвічі менше",
  "*mask_feather* in Styled ControlNet Apply makes the edge soft. A mask of your own? Connect **Load Image (as Mask)** to *soft_mask*. Nothing painted? Disconnect *soft_mask*, and everything is drawn anew.":
    "*mask_feather* у Styled ControlNet Apply робить край м\u2019яким. Маєте власну маску? З\u2019єднайте **Load Image (as Mask)** із *soft_mask*. Нічого не зафарбовано? Від\u2019єднайте *soft_mask*, і все буде намальовано наново.",

  // restyle_without_a_gpu
  "**One building, five styles, without a graphics card**": "**Одна будівля, п\u2019ять стилів, без відеокарти**",
  "Press **Run**. In less than two minutes *Save the sheet* has the paper's Figure 3 in small: a drawn building in five styles. Nothing has to be downloaded.":
    "Натисніть **Run**. Менш як за дві хвилини *Save the sheet* матиме рисунок 3 зі статті в малому: мальовану будівлю в п\u2019яти стилях. Нічого не треба завантажувати.",
  "- **Drawn Building** draws it, with its mask, its lines and its exact depth. Another *number* is another building.":
    "- **Drawn Building** малює її з маскою, лініями й точною глибиною. Інше *number* \u2014 інша будівля.",
  "- **Pocket LoRA Loader** has a LoRA of each style, and **Sheet Cells** runs what follows once for each cell of the sheet.":
    "- **Pocket LoRA Loader** має LoRA кожного стилю, а **Sheet Cells** виконує наступне по разу для кожної клітинки аркуша.",
  "- Closer to the building: raise *lineart_strength*, *depth_strength* and their ends. More of the style: lower them.":
    "- Ближче до будівлі: збільште *lineart_strength*, *depth_strength* та їхні кінці. Більше стилю: зменште їх.",
  "- *Room around it* lets a style change the outline. Beyond it, *Keep the photo* puts the drawing itself back, pixel for pixel.":
    "- *Room around it* дає стилю змінити обрис. Поза ним *Keep the photo* повертає сам малюнок, піксель у піксель.",
  "Below each picture its passport says how much of the building was kept; 1 is best.":
    "Під кожним зображенням його паспорт каже, скільки збережено від будівлі; найкраще 1.",
  "Then train such a LoRA in **learn_without_a_gpu**, or go on with **five_styles**: the same for photographs and Stable Diffusion 1.5.":
    "Потім навчіть таку LoRA в **learn_without_a_gpu** або перейдіть до **five_styles**: те саме для фотографій і Stable Diffusion 1.5.",

  // Titles of notes and groups
  "What to do": "Що робити",
  Models: "Моделі",
  "The sheet": "Аркуш",
  "The soft mask": "М\u2019яка маска",
  "If it is not right yet": "Якщо ще не те",
  "1  Pictures": "1  Зображення",
  "1  Five folders": "1  П\u2019ять тек",
  "1  Pocket model and drawn pictures": "1  Кишенькова модель і мальовані зображення",
  "1  Pocket model and five styles": "1  Кишенькова модель і п\u2019ять стилів",
  "1  Style": "1  Стиль",
  "2  Train": "2  Навчання",
  "2  Train five LoRAs": "2  Навчання п\u2019яти LoRA",
  "2  Building": "2  Будівля",
  "2  One building": "2  Одна будівля",
  "3  Find the stopping point": "3  Точка зупинки",
  "3  Five stopping points": "3  П\u2019ять точок зупинки",
  "3  Lines and depth": "3  Лінії та глибина",
  "3  Restyle": "3  Новий стиль",
  "4  See the style": "4  Стиль у зображеннях",
  "4  One building": "4  Одна будівля",
  "4  One sheet": "4  Один аркуш",
  "4  Restyle": "4  Новий стиль",
  "5  Five styles": "5  П\u2019ять стилів",
  "6  One sheet": "6  Один аркуш",

  // Inputs of the apps
  "Folder of pictures": "Тека із зображеннями",
  "Run name ({style}: the folder's)": "Назва запуску ({style}: теки)",
  "Epochs at most": "Щонайбільше епох",
  "Style: a training run": "Стиль: запуск навчання",
  Photograph: "Фотографія",
  "What it should look like": "Як це має виглядати",
  "Strength of the style": "Сила стилю",
  "How much may change (0 to 1)": "Скільки може змінитися (від 0 до 1)",
};
