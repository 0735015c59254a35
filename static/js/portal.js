// Behaviour that HTML and htmx lack, each in a module of its own.
import { focusOnSlash } from "./search.js";
import { listenForCopies } from "./copy.js";
import { listenForTheme } from "./theme.js";
import { keepTimesFresh } from "./times.js";
import { keepDetailsOpen } from "./details.js";
import { showWhereWeAre } from "./nav.js";
import { filterLines, moveLinesByKeys } from "./lines.js";
import { offerSingleSignOn } from "./sso.js";
import { answerByKey } from "./suggestions.js";
import { listenForPalette } from "./palette.js";
import { listenForKeys } from "./keys.js";
import { lookAgainWhileVisible } from "./look.js";

focusOnSlash();
listenForCopies();
listenForTheme();
keepTimesFresh();
keepDetailsOpen();
showWhereWeAre();
offerSingleSignOn();
answerByKey();
lookAgainWhileVisible();
moveLinesByKeys();
filterLines();
listenForPalette();
listenForKeys();
