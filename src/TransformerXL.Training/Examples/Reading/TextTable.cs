namespace TransformerXL.Training.Examples.Reading;

/// <summary>Texts with labels in a table: CSV, TSV, GLUE.</summary>
internal static class TextTable
{
    /// <summary>Opens a table.</summary>
    public static ExampleSource<TextExample> Open(string path, ExampleFormat format, ExampleOptions options)
    {
        FileStart start = FileStart.Read(path);
        GlueLayout? glue = format == ExampleFormat.Glue
            ? GlueLayout.Find(start.FirstLine) ?? throw new ExamplePlace(path, 1).Fault("the first line is not one of GLUE's files (CoLA, SST-2, MRPC, QQP, STS-B, MNLI, QNLI, RTE, WNLI); read the file as TSV")
            : null;
        TableLayout layout = glue is null
            ? new TableLayout(format == ExampleFormat.Tsv ? '\t' : start.Separator(), options.Quotes ?? (format == ExampleFormat.Csv || start.HasQuotedFields('\t')))
            : new TableLayout('\t', Quotes: false, glue.Columns is null ? GlueLayout.ColaColumns : null, glue.SkipsShortRows);
        TableFile table = new(path, layout, options.MaxText);
        ColumnNames names = ColumnNames.Find(new ExamplePlace(path, 1), table.Columns, glue is null ? options : options with
        {
            TextColumn = options.TextColumn ?? glue.Text,
            SecondTextColumn = options.SecondTextColumn ?? glue.Second,
            LabelColumn = options.LabelColumn ?? (table.Columns.Contains(glue.Label, StringComparer.Ordinal) ? glue.Label : null),
        });
        LabelKind kind = options.Labels ?? (options.LabelSeparator is not null ? LabelKind.Several : glue?.Labels ?? ("score".Equals(names.Label, StringComparison.OrdinalIgnoreCase) ? LabelKind.Number : LabelKind.One));
        Require.That(kind != LabelKind.Several || options.LabelSeparator is not null || options.IgnoresLabels, $"'{path}' is a table, in which several labels share a field; say what separates them, such as a comma", [new("examples.labelSeparator", ",")]);
        string name = glue is not null ? $"GLUE {glue.Name}" : format == ExampleFormat.Tsv ? "TSV" : "CSV";
        return new ExampleSource<TextExample>(path, format, name, () => Read(table, names, kind, options)) { Labels = kind };
    }

    private static IEnumerable<TextExample> Read(TableFile table, ColumnNames names, LabelKind kind, ExampleOptions options)
    {
        string?[] wanted = [names.Text, names.Second, names.Label, names.Id];
        int[] columns = [.. wanted.OfType<string>().Select(name => table.Columns.ToList().IndexOf(name))];
        int[] at = [.. wanted.Select((name, i) => name is null ? -1 : wanted.Take(i).Count(before => before is not null))];
        foreach (TableRow row in table.Read(columns))
        {
            string? Field(int i) => at[i] < 0 ? null : row.Fields[at[i]];
            TextExample example = new()
            {
                Place = row.Place,
                Text = TextCheck.Text(row.Place.At(names.Text), Field(0)!, options.MaxText),
                SecondText = Field(1) is { } second ? TextCheck.Text(row.Place.At(names.Second), second, options.MaxText) : null,
                Id = Field(3),
            };
            yield return Field(2) is { } label ? WithLabel(example, row.Place.At(names.Label), label, kind, options) : example;
        }
    }

    private static TextExample WithLabel(TextExample example, ExamplePlace place, string label, LabelKind kind, ExampleOptions options)
    {
        switch (kind)
        {
            case LabelKind.Several:
                string[] labels = label.Split(options.LabelSeparator!, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
                return example with { Labels = Several(place, labels), HasNoLabelOfSeveral = labels.Length == 0 };
            case LabelKind.Number when label.Length > 0:
                return example with { Number = TextCheck.Number(place, label) };
            case LabelKind.One when label.Length > 0:
                return example with { Labels = [TextCheck.Label(place, label)] };
            default:
                place.Require(!options.RequiresLabels, "the label is empty; give the example a label, or leave it out");
                return example;
        }
    }

    /// <summary>Several labels of one example, in ordinal order.</summary>
    internal static string[] Several(ExamplePlace place, string[] labels)
    {
        string[] sorted = [.. labels.Select(label => TextCheck.Label(place, label)).Order(StringComparer.Ordinal)];
        for (int i = 1; i < sorted.Length; i++)
        {
            place.Require(sorted[i] != sorted[i - 1], $"the label '{Files.InputText.Show(sorted[i])}' is given twice");
        }

        return sorted;
    }
}
