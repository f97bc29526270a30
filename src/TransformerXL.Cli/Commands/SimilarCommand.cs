using System.CommandLine;
using System.Globalization;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Inference;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl similar</c>: the texts of a file that are nearest to a text.</summary>
internal sealed class SimilarCommand(Terminal terminal) : ICommandDefinition
{
    private readonly TrainedRunOptions _run = new();
    private readonly Argument<string> _file = new("FILE") { Description = "Texts to search: a line each, or the rows of .csv, .tsv, .jsonl." };
    private readonly Option<string?> _to = NewOption.Text("--to", "TEXT", "Text to compare with; - reads standard input, a text in each line.");
    private readonly Option<int?> _top = NewOption.Whole("--top", "Number of nearest texts to list.", 1, 1 << 20, 10);
    private readonly EmbeddingRunOptions _embedding = new();
    private readonly Option<bool> _json = NewOption.Flag("--json", "Print a line of JSON for each text.");
    private readonly MachineOptions _machine = new();

    public Command Create()
    {
        Command command = new("similar", "List the texts of a file that are nearest to a text, by the cosine of their vectors.");
        _run.AddTo(command);
        command.Add(_file);
        command.Add(_to);
        command.Add(_top);
        _embedding.AddTo(command);
        command.Add(_json);
        _machine.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_to) is not { Tokens: [.., { Value.Length: > 0 }] })
            {
                result.AddError("name the text to compare with: --to TEXT");
            }

            if (result.GetResult(_file)?.Tokens is [{ Value: InputFile.StandardInput }, ..])
            {
                result.AddError("FILE is '-', but must be a file: only the text to compare with can come from standard input (--to -)");
            }
        });
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken stop)
    {
        using CpuBackend backend = _machine.CreateBackend(result);
        using StatusLine status = new(terminal);
        ModelFolder trained = _run.Open(result, terminal, status, forTask: true);
        EmbeddingOptions options = _embedding.Read(result, trained, backend, _machine, terminal, normalizes: true);
        Embedder embedder = new(trained.Model, trained.Vocabulary, backend);
        string to = result.GetValue(_to)!;
        List<(string Text, NearestVectors Nearest)> queries = [];
        foreach (string text in to == InputFile.StandardInput ? TextList.Read(to, null, terminal, stop).Select(line => line.Text) : [to])
        {
            queries.Add((text, new NearestVectors(await embedder.EmbedAsync(text, options, stop).ConfigureAwait(false), result.Get(_top))));
        }

        if (queries.Count == 0)
        {
            throw new InputException("standard input is empty; there is no text to compare with");
        }

        Dictionary<long, ListedText> kept = await SearchAsync(result, status, embedder, options, [.. queries.Select(query => query.Nearest)], stop).ConfigureAwait(false);
        status.Clear();
        foreach ((string text, NearestVectors nearest) in queries)
        {
            Write(text, nearest.Result(), kept, result.GetValue(_json), queries.Count > 1);
        }

        return ExitCode.Ok;
    }

    /// <summary>Reads the file once for all queries.</summary>
    /// <returns>The texts that were among the nearest of a query at some time, by their index.</returns>
    private async Task<Dictionary<long, ListedText>> SearchAsync(ParseResult result, StatusLine status, Embedder embedder, EmbeddingOptions options, NearestVectors[] queries, CancellationToken stop)
    {
        string file = result.GetRequiredValue(_file);
        Dictionary<long, ListedText> kept = [];
        WorkProgress progress = new(status);
        long index = 0;
        foreach (ListedText text in TextList.Read(file, result.GetValue(_embedding.TextColumn), terminal, stop))
        {
            float[] vector = await InputFile.NamingAsync(file, () => embedder.EmbedAsync(text.Text, options, stop)).ConfigureAwait(false);
            foreach (NearestVectors query in queries)
            {
                if (query.Offer(index, vector))
                {
                    kept[index] = text;
                }
            }

            progress.Show("comparing", ++index, 0, "text");
        }

        return index > 0 ? kept : throw new InputException($"'{file}' is empty; there is nothing to compare with");
    }

    private void Write(string query, IReadOnlyList<VectorMatch> matches, Dictionary<long, ListedText> texts, bool json, bool several)
    {
        if (!json && several)
        {
            terminal.Out.WriteLine($"# {query}");
        }

        JsonLines lines = new(terminal.Out);
        for (int rank = 0; rank < matches.Count; rank++)
        {
            (VectorMatch match, ListedText text) = (matches[rank], texts[matches[rank].Index]);
            if (!json)
            {
                terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{match.Cosine:0.0000}  {text.Text.ReplaceLineEndings(" ")}"));
                continue;
            }

            int place = rank + 1;
            lines.Write(writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("query", query);
                writer.WriteNumber("rank", place);
                writer.WriteNumber("cosine", match.Cosine);
                writer.WriteNumber("index", match.Index);
                if (text.Line > 0)
                {
                    writer.WriteNumber("line", text.Line);
                }

                JsonLines.WriteId(writer, text.Id, text.HasNumberedId);
                writer.WriteString("text", text.Text);
                writer.WriteEndObject();
            });
        }
    }
}
