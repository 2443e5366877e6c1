mod check;
mod console;
mod diff;
mod html;
mod junit;
mod markdown;
mod run;
mod sarif;
