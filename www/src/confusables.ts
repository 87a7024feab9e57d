/**
 * Letters and digits of other scripts that look like a Latin one: what of Unicode's confusables.txt (UTS #39, version
 * 18.0.0, licence Unicode-3.0) is left when `fold` has taken compatibility forms, marks and case away, and only what
 * stands in the basic plane. All of it would be 60 kB; a whole library for it brings a table that is ten years old.
 *
 * By what they look like. `names.ts` is the only reader.
 */
export const LOOKS_LIKE: Readonly<Record<string, string>> = {
  "2": "ƧƻϨჇᒿᘖᲷꙄꛯꝚ",
  "3": "ƷȜЗҘӠՅ३૩ᜂᲕⲜⳄⳌꝪꞫꣶ",
  "4": "ꮞ",
  "5": "Ƽ",
  "6": "ϬбⳓⳜꕃꮾ",
  "7": "ᜪᲄ",
  "8": "ȣ৪੪ꖉ",
  "9": "৭੧୨൭ⳋꝯ",
  "a": "ɑαаᎪᗅꓮꭤ",
  "ae": "æ",
  "b": "ƀƃƄɓΒБВЬѣҍߕᏏᏴᑲᑳᖯᗷⲂꓐꕗꚝꞴ",
  "c": "ȼϲϹсҫငၚᲃᴄⲥꓚꮯ",
  "d": "ÐđƌɖɗԁᎠᏧᑯᗞᗪꓒꓓ",
  "e": "ɇΕеҽҿᎬⴹꓰꗋꬲ",
  "f": "ƒʄϜքߓᖴᵮẝꓝꞙꬵ",
  "g": "ƍǥɠɡԌցᏀᏳᶃꓖ",
  "h": "ħɦΗНћҢһӇӉհႹᎻᏂᏲᕼᵸⱧⲎꓧꚕ",
  "j": "ȷɉɟϳјյᎫᒍꓙꞲ",
  "k": "ƙΚКҚҞᏦᛕⱩⲔꓗꝀ",
  "l": "ıłƚǀɨɩɪɫɭιіӏւוןا١ٳ۱ߊᏞᒪᛁᛅᛐᵻᵼⲓⳐⵊⵏꓡꓲꕯꙇꞁꟾ꠰ꭵ",
  "m": "ɱΜϺМӍՠᎷᗰᛖᵯⲘꓟꭑ",
  "n": "ŋƞɲɳΝηղոռᵰⲚꓠ",
  "o": "øɵθοσϭоѳөօסةه٥ھہۃە۵ۿ߀ߋࡀ०০੦૦ଠ୦௦౦೦ഠ൦๐໐တဝ၀თჿᄋᆼዐፀ០ᨲᩅ᪀᪐ᲂᴏᴑⲑⲟⴱⵁⵔ〇ꓳꚢꝋꬽꬾꭴꮎꮻ",
  "oe": "œ",
  "p": "þƥƿρϸрᏢᑭᵽⲣⳏꓑ",
  "q": "ʠԛգզⵕ",
  "r": "ƦɍɼɽгғᎡᏒᖇᴦᵲⲅꓣꭇꭈꮁ",
  "s": "ƽʂѕՏടႽჽᏕᵴꓢꕶꜱꮪ",
  "t": "ŧƫƭƮȾΤТҬߠᎢᎿᵵⲦㄒ丅ꓔꔋꚌ",
  "u": "Ʉʋυџսሀᑌᴜᵾꓴꞟꭎꭒꮜ",
  "v": "νѵט٧۷ᐯᴠⴸꓦꛟꮩ",
  "w": "ɯшѡѽԝաᴡⲽꓪꝡꟺꮃꮤ",
  "x": "ΧхҲᕁᕽᚷᝣᳵⲬⵝꓫꞳ",
  "y": "ƴɏɣʏΥγуүұߌყᎩᎽᶌỿⲩㄚ丫ꓬꚲꭚ",
  "z": "ƶȥʐΖᴢᵶⱬⲍⴭꓜꛉꮓ",
};
