namespace TransformerXL.Training.Examples.Reading;

/// <summary>A row of a table with the fields that were asked for.</summary>
/// <param name="Place">Where it begins.</param>
/// <param name="Fields">The fields, in the order of the columns asked for.</param>
internal readonly record struct TableRow(ExamplePlace Place, string[] Fields);
