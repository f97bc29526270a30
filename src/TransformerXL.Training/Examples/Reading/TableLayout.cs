namespace TransformerXL.Training.Examples.Reading;

/// <summary>How a table is written.</summary>
/// <param name="Separator">Separates the fields of a row.</param>
/// <param name="Quotes">Whether quotes enclose fields, which may then hold separators and line breaks.</param>
/// <param name="Columns">The names of the columns; null if the first line has them.</param>
/// <param name="SkipsShortRows">Whether rows with too few fields are left out, as in some official files.</param>
internal sealed record TableLayout(char Separator, bool Quotes, IReadOnlyList<string>? Columns = null, bool SkipsShortRows = false);
