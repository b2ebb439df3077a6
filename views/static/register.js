// register.js offers the time zones that the browser knows, and proposes its own to
// who registers. Without it the field is typed into.
const field = document.getElementById("time_zone");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;

if ("propose" in field.form.dataset && !field.value && own !== "UTC" && !document.querySelector(".error-summary")) {
  field.value = own;
}
if (Intl.supportedValuesOf) {
  const list = document.createElement("datalist");
  list.id = "time-zones";
  for (const zone of Intl.supportedValuesOf("timeZone")) {
    list.append(new Option(zone, zone));
  }
  field.after(list);
  field.setAttribute("list", list.id);
}
