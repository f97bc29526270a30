using System.CommandLine;
using System.Globalization;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Terminals;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl fill-mask</c>: the most probable tokens for the masks of a text.</summary>
internal sealed class FillMaskCommand(Terminal terminal) : ICommandDefinition
{
    private readonly TrainedRunOptions _run = new();
    private readonly Argument<string> _text = new("TEXT") { Description = $"Text with {MaskFiller.Mark} where tokens are to be predicted; - reads lines of standard input." };
    private readonly Option<int?> _top = NewOption.Whole("--top", "Number of most probable tokens to print for each mask.", 1, 1 << 20, 5);
    private readonly Option<bool> _json = NewOption.Flag("--json", "Print a line of JSON for each text.");
    private readonly MachineOptions _machine = new();

    public Command Create()
    {
        Command command = new("fill-mask", "Predict the masked tokens of a text with an encoder.");
        _run.AddTo(command);
        command.Add(_text);
        command.Add(_top);
        command.Add(_json);
        _machine.AddTo(command);
        command.SetAction(Run);
        return command;
    }

    private Task<int> Run(ParseResult result, CancellationToken stop)
    {
        using CpuBackend backend = _machine.CreateBackend(result);
        ModelFolder trained = _run.Load(result, terminal, stop);
        MaskFiller filler = new(trained, backend);
        ContextConfiguration context = trained.Configuration.Context;
        new MemoryCheck(terminal, _machine, result).Session(
            trained.Model.Configuration, new InferenceOptions { MemoryLength = context.MemoryLength, MaxSegment = context.TargetLength }, "this prediction");
        string given = result.GetRequiredValue(_text);
        if (given != "-")
        {
            Write(result, given, filler.Fill(given, result.Get(_top)));
            return Task.FromResult(ExitCode.Ok);
        }

        long count = 0;
        foreach (ListedText line in TextList.Read(given, null, terminal, stop))
        {
            Write(result, line.Text, Fill(filler, given, line, result.Get(_top)));
            count++;
        }

        if (count == 0)
        {
            terminal.Notes.WriteLine($"txl: '{InputFile.NameOf(given)}' has no texts; nothing was predicted");
        }

        return Task.FromResult(ExitCode.Ok);
    }

    private static IReadOnlyList<FilledMask> Fill(MaskFiller filler, string path, ListedText line, int top)
    {
        try
        {
            return filler.Fill(line.Text, top);
        }
        catch (InputException exception)
        {
            throw new InputException($"'{InputFile.NameOf(path)}', line {line.Line}: {exception.Message}", exception);
        }
    }

    private void Write(ParseResult result, string text, IReadOnlyList<FilledMask> masks)
    {
        if (result.GetValue(_json))
        {
            new JsonLines(terminal.Out).Write(json => WriteJson(json, text, masks));
            return;
        }

        foreach (FilledMask mask in masks)
        {
            foreach (TokenProbability token in mask.Tokens)
            {
                string place = masks.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $"{mask.Mask + 1}\t") : "";
                terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{place}{Math.Exp(token.LogProbability):0.0000}\t{VisibleText.Of(token.Text)}"));
            }
        }

        terminal.Out.Flush();
    }

    private static void WriteJson(System.Text.Json.Utf8JsonWriter json, string text, IReadOnlyList<FilledMask> masks)
    {
        json.WriteStartObject();
        json.WriteString("text", text);
        json.WriteStartArray("masks");
        foreach (FilledMask mask in masks)
        {
            json.WriteStartArray();
            foreach (TokenProbability token in mask.Tokens)
            {
                json.WriteStartObject();
                json.WriteString("token", token.Text);
                json.WriteNumber("id", token.Id);
                json.WriteNumber("probability", Math.Exp(token.LogProbability));
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
