// @ts-check
/** What the server says of pictures, captions and folders in Ukrainian. */

/** @type {import("../../chart/language.js").Table} */
export const PICTURES = {
  // Folders
  "{text_path} is a file; give the folder that the pictures are in": "{text_path} — це файл; вкажіть теку із зображеннями",
  "The folder {text_folder} does not exist": "Теки {text_folder} немає",
  "The folder {text_folder} cannot be read ({text_why}). Check that you may open it":
    "Тека {text_folder} не читається ({text_why}). Перевірте, чи маєте до неї доступ",
  "The folder {text_folder} {text_reason}. Rename it and press R to refresh the list":
    "Тека {text_folder} {text_reason}. Перейменуйте її й натисніть R, щоб оновити список",
  "The folder {text_folder} {text_reason}. Rename it and drop it again":
    "Тека {text_folder} {text_reason}. Перейменуйте її й перетягніть ще раз",
  "The folder {text_folder} {text_reason}: only folders inside ComfyUI's datasets and input folders can be chosen. Put your pictures into one and press R to refresh":
    "Тека {text_folder} {text_reason}: вибрати можна лише теки всередині datasets та input у ComfyUI. Покладіть зображення в одну з них і натисніть R, щоб оновити список",
  "The folder {text_folder} goes through a link, {text_part}. Only links directly in ComfyUI's datasets or input folder are followed: put it there, or the pictures in its place":
    "Шлях {text_folder} веде через посилання {text_part}. Ми йдемо лише за посиланнями, що лежать прямо в datasets чи input у ComfyUI: покладіть посилання туди або самі зображення замість нього",
  "goes {depth} folders deep, at most {most} are possible": "має глибину {depth}, можна щонайбільше {most}",
  "The folder {text_name} in ComfyUI's datasets folder is where the drawn pictures belong, but it {text_what}. Rename it, and the node draws into a new one":
    "Мальовані зображення мають лежати в теці {text_name} всередині datasets у ComfyUI, але вона {text_what}. Перейменуйте її, і вузол малюватиме в нову",
  "has pictures that were not drawn: {text_names}": "містить не мальовані зображення: {text_names}",
  "is a link": "є посиланням",

  // What is left out of a folder, and why
  "A link, so not used for validation; put the pictures themselves into such a folder: {text_names}":
    "Посилання, тож для валідації не використано; покладіть у таку теку самі зображення: {text_names}",
  "A link that leads out of the folder, not followed: {text_names}":
    "Посилання веде за межі теки, тож за ним не пішли: {text_names}",
  "Sub-folder not read (only the folder itself and val/ are): {text_names}":
    "Підтеку не прочитано (читаються лише сама тека та val/): {text_names}",
  "Not read, even if captions are in it (a caption is a .txt or .caption file beside its picture): {text_names}":
    "Не прочитано, навіть якщо там підписи (підпис — це файл .txt або .caption поруч із зображенням): {text_names}",
  "Not a picture, left alone: {text_names}": "Не зображення, не зачеплено: {text_names}",
  "Caption without a picture: {text_names}": "Підпис без зображення: {text_names}",
  "Not read, since the picture has another caption file: {text_names}":
    "Не прочитано, бо зображення має інший файл підпису: {text_names}",
  "{text_names} share one caption file, {text_file}": "{text_names} мають спільний файл підпису {text_file}",
  "{text_names} and {count} more": "{text_names} та ще {count}",
  "it is a link out of the style's folder, put the picture itself there":
    "це посилання за межі теки стилю, покладіть туди саме зображення",
  "it is not a picture in a known format, or its beginning is damaged":
    "це не зображення відомого формату або його початок пошкоджено",
  "the file is damaged or cut short": "файл пошкоджено або обрізано",
  "the file is cut short (the download or copy was not finished)":
    "файл обрізано (завантаження чи копіювання не завершилося)",
  "not enough image data": "бракує даних зображення",
  "HEIC pictures cannot be decoded here, save it as JPEG or PNG":
    "зображення HEIC тут не розкодувати, збережіть як JPEG або PNG",
  "AVIF pictures cannot be decoded by the Pillow that is installed here, save it as JPEG or PNG":
    "встановлений тут Pillow не розкодовує зображень AVIF, збережіть як JPEG або PNG",
  "it is a web page, not a picture: the download went wrong": "це вебсторінка, а не зображення: завантаження не вдалося",
  "it is a text file called {text_ending}, not a picture": "це текстовий файл із закінченням {text_ending}, а не зображення",
  "there is no permission to read it": "немає дозволу його читати",
  "the file is gone, or it is a link to a file that is gone": "файлу вже немає, або це посилання на файл, якого вже немає",
  "it is a link that leads to itself": "це посилання, що веде саме на себе",
  "it cannot be read ({text_why})": "воно не читається ({text_why})",
  "it is not a file": "це не файл",
  "it has {millions} million pixels ({width} x {height}), the limit is {most} million":
    "у ньому {millions} млн пікселів ({width} x {height}), межа — {most} млн",
  "Cannot use {text_name}: there is not enough memory to open it":
    "Не вдається використати {text_name}: бракує пам’яті, щоб його відкрити",
  "Cannot use {text_name}: {text_reason}": "Не вдається використати {text_name}: {text_reason}",

  // Remarks about pictures
  "An animation or several pages, of which only the first is used: {text_names}":
    "Анімація або кілька сторінок, з яких використано лише першу: {text_names}",
  "Partly transparent, so laid on white: {text_names}": "Частково прозоре, тож покладено на біле: {text_names}",
  "Has a colour profile that cannot be applied (damaged, or for another kind of picture), so colours may differ: {text_names}":
    "Має колірний профіль, який не застосувати (пошкоджений або для іншого виду зображень), тож кольори можуть відрізнятися: {text_names}",
  "For print (CMYK) and without a colour profile, so colours may differ: {text_names}":
    "Для друку (CMYK) і без колірного профілю, тож кольори можуть відрізнятися: {text_names}",
  "Taken in Adobe RGB, but the profile is lost, so colours are a little dull: {text_names}":
    "Знято в Adobe RGB, але профіль утрачено, тож кольори трохи бляклі: {text_names}",
  "The number that {text_folder} begins with repeats nothing here: each picture counts once an epoch":
    "Число на початку назви {text_folder} тут нічого не повторює: кожне зображення враховується раз за епоху",
  "{text_folder}/ has no usable picture, so the validation pictures were chosen by the seed":
    "У {text_folder}/ немає придатних зображень, тож валідаційні вибрано за seed",
  "{text_name} is not trained on: it or a relative of it is in the validation folder":
    "На {text_name} не навчають: воно саме або подібне до нього є у валідаційній теці",
  "{found} validation pictures instead of {asked}: copies and crops stay on one side, and no other choice comes nearer":
    "Валідаційних зображень {found} замість {asked}: копії й фрагменти лишаються на одному боці, і точніше поділити не вдається",
  "In a set of more than {count} pictures only those that may validate are compared with all others":
    "Якщо зображень понад {count}, з усіма іншими порівнюються лише ті, що можуть стати валідаційними",
  "Copies and crops were kept together: no picture is on both sides in any form":
    "Копії й фрагменти тримаються разом: жодне зображення не є на обох боках у жодному вигляді",
  "{text_name} is the same file as {text_other}": "{text_name} — той самий файл, що й {text_other}",
  "{text_name} has hardly any details, so copies and crops of it may not be recognised":
    "На {text_name} майже немає деталей, тож його копії й фрагменти можна не впізнати",
  "{text_part} is a copy of {text_whole}": "{text_part} — копія {text_whole}",
  "{text_part} is a mirrored copy of {text_whole}": "{text_part} — дзеркальна копія {text_whole}",
  "{text_part} is a crop of {text_whole} ({share}% of it)": "{text_part} — фрагмент {text_whole} ({share}% площі)",
  "{text_part} is a mirrored crop of {text_whole} ({share}% of it)":
    "{text_part} — дзеркальний фрагмент {text_whole} ({share}% площі)",
  "{text_part} may be a copy of {text_whole}, so both are kept on one side":
    "{text_part} може бути копією {text_whole}, тож обидва лишаються на одному боці",
  "{text_part} may be a mirrored copy of {text_whole}, so both are kept on one side":
    "{text_part} може бути дзеркальною копією {text_whole}, тож обидва лишаються на одному боці",
  "{text_part} may be a crop of {text_whole} ({share}% of it), so both are kept on one side":
    "{text_part} може бути фрагментом {text_whole} ({share}% площі), тож обидва лишаються на одному боці",
  "{text_part} may be a mirrored crop of {text_whole} ({share}% of it), so both are kept on one side":
    "{text_part} може бути дзеркальним фрагментом {text_whole} ({share}% площі), тож обидва лишаються на одному боці",

  // Too few pictures
  "{text_folder} has no usable picture to train on, only {count} in its validation folder. Add pictures":
    "У {text_folder} немає придатних для навчання зображень, лише {count} у валідаційній теці. Додайте зображень",
  "{text_folder} has no usable picture to train on, only {count} in its validation folder. {text_skipped}":
    "У {text_folder} немає придатних для навчання зображень, лише {count} у валідаційній теці. {text_skipped}",
  "{text_folder} has {count} usable pictures; {held_out} for validation and at least one for training make {sum}. {text_skipped}":
    "У теці {text_folder} придатних зображень: {count}; {held_out} для валідації та щонайменше одне для навчання — це {sum}. {text_skipped}",
  "{text_folder} has 1 usable picture; {held_out} for validation and at least one for training make {sum}. {text_skipped}":
    "У теці {text_folder} одне придатне зображення; {held_out} для валідації та щонайменше одне для навчання — це {sum}. {text_skipped}",
  "1 file was skipped:": "Один файл пропущено:",
  "{count} files were skipped:": "Пропущено файлів: {count}:",
  "Repair these, add pictures or lower validation_count": "Полагодьте їх, додайте зображень або зменште validation_count",
  "Repair these, add pictures": "Полагодьте їх, додайте зображень",
  "  {text_name}: {text_reason}": "  {text_name}: {text_reason}",
  "The {count} pictures in {text_folder} are copies or crops of one another, so that no validation picture can be kept apart from the training pictures. Add different pictures":
    "Усі зображення ({count}) у {text_folder} — копії або фрагменти одне одного, тож жодного не відділити для валідації. Додайте інших",

  // Captions
  "{text_name} is a link, so it was not read; put the caption itself there":
    "{text_name} — посилання, тож не прочитано; покладіть туди сам підпис",
  "{text_name} is not text, so its picture counts as having no caption":
    "{text_name} — не текст, тож його зображення вважається непідписаним",
  "{text_name} is not UTF-8 and was read as {text_encoding}; check its caption":
    "{text_name} не в UTF-8, прочитано як {text_encoding}; перевірте підпис",
  "{text_name} is over {megabytes} MB, so it cannot be a caption": "{text_name} має понад {megabytes} МБ, тож підписом бути не може",
  "{text_name} cannot be read ({text_why})": "{text_name} не читається ({text_why})",
  "{text_name} is not a file": "{text_name} — не файл",
  "The caption for {text_picture} is empty, so {text_file} was not written. Type one":
    "Підпис до {text_picture} порожній, тож {text_file} не записано. Напишіть його",
  "{text_name} is a link and was not replaced. Delete it to have a caption there":
    "{text_name} — посилання, тож його не замінено. Видаліть його, щоб підпис був там",
  "{text_name} is not empty and was not replaced. Delete it or choose to overwrite captions":
    "{text_name} не порожній, тож його не замінено. Видаліть його або виберіть перезапис підписів",
  "{text_name} cannot be read ({text_why}) and was not replaced. Check that you may open it":
    "{text_name} не читається ({text_why}), тож його не замінено. Перевірте, чи маєте до нього доступ",
  "The caption has {count} characters, at most {most} are possible. Shorten it":
    "Символів у підписі: {count}, можна щонайбільше {most}. Скоротіть його",
  "No caption for {text_name} in {text_folder}: give a trigger word or prefix, or pick a model":
    "Немає підпису до {text_name} у {text_folder}: дайте слово-тригер чи початок або виберіть модель",
  "The caption of {text_name} is used but was not saved: {text_why}":
    "Підпис до {text_name} використано, але не збережено: {text_why}",
  "The captions that were replaced are in {text_folder}": "Замінені підписи лежать у {text_folder}",
  "{text_style}: {new} of {all} pictures captioned by {text_model}":
    "{text_style}: підписано зображень: {new} з {all}, модель {text_model}",

  // Folders that are dropped onto a node
  "has a name that is too long": "має задовгу назву",
  "is {depth} folders deep: a style's pictures and its val folder are at most {most}":
    "лежить на глибині {depth}: для зображень стилю та його теки val можна щонайбільше {most}",
  "is neither a picture nor a caption": "не зображення й не підпис",
  "has more than {megabytes} MB": "має понад {megabytes} МБ",
  "The file {text_name} {text_reason}. Leave it out, or change it, and drop the folder again":
    "Файл {text_name} {text_reason}. Приберіть або змініть його й перетягніть теку ще раз",
  "The folder {text_name} holds more than {most} files. Divide it": "У теці {text_name} понад {most} файлів. Поділіть її",
  "{text_name} is there already: upper and lower case make no difference on this machine. Rename it":
    "{text_name} там уже є: великі й малі літери на цій машині не розрізняються. Перейменуйте його",
  "The folder {text_name} cannot be put into {text_place}: {text_why}. Make room there and drop it again":
    "Теку {text_name} не вдається покласти в {text_place}: {text_why}. Звільніть там місце й перетягніть її ще раз",
  "This is too large for ComfyUI. Start it with a larger --max-upload-size":
    "Це завелике для ComfyUI. Запустіть його з більшим --max-upload-size",
  "The file did not arrive whole. Drop the folder again": "Файл надійшов не повністю. Перетягніть теку ще раз",
  "No folder {text_name} is on its way. Drop it again": "Тека {text_name} не надходить. Перетягніть її ще раз",
};
