using System.CommandLine;
using TransformerXL.Analysis.Surprisal;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Files;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl surprisal</c>: shows a text coloured by the bits of its tokens with memory and without.</summary>
internal sealed class SurprisalCommand(Terminal terminal) : ICommandDefinition
{
    private const int MaxKilobytes = 8, BytesOfKilobyte = 1024;

    private readonly TrainedRunOptions _run = new();
    private readonly Argument<string> _file = new("FILE") { Description = "UTF-8 text; - reads standard input." };
    private readonly Option<string?> _out = NewOption.Text("--out", "FILE", "Page to write. [default: surprise.html in the folder of the run]");
    private readonly Option<int?> _most = NewOption.Whole("--most", "Maximum text to show, in kilobytes.", 1, 1024, MaxKilobytes);
    private readonly Option<int?> _target = NewOption.Whole("--target", "Segment length in tokens. [default: from training]", 1, 1 << 20);
    private readonly Option<int?> _memory = NewOption.Whole("--memory", "Memory length in tokens. [default: twice that of training]", 1, 1 << 20);
    private readonly Option<bool> _json = NewOption.Flag("--json", "Print one line of JSON.");
    private readonly OpenOption _open = new();
    private readonly MachineOptions _machine = new();

    public Command Create()
    {
        Command command = new("surprisal", "Show what the memory saves: a page with the text coloured by bits per token, with and without memory.");
        command.Aliases.Add("surprise");
        _run.AddTo(command);
        command.Add(_file);
        foreach (Option option in (Option[])[_out, _most, _target, _memory, _json])
        {
            command.Add(option);
        }

        _machine.AddTo(command);
        _open.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken stop)
    {
        using CpuBackend backend = _machine.CreateBackend(result);
        string? named = result.GetValue(_out);
        if (named is not null)
        {
            ExistingFiles.RequirePage(named);
        }

        ModelFolder trained = _run.Load(result, terminal, stop);
        string path = named ?? Path.Combine(trained.Path, "surprise.html");
        ExistingFiles.RequirePage(path);
        SurprisalOptions options = Options(result, trained);
        new MemoryCheck(terminal, _machine, result).Session(
            trained.Model.Configuration, InferenceOptions.ForSegments(options.Context with { ExtendedLength = 0 }), "this reading", _memory.Name, _target.Name);
        string file = result.GetRequiredValue(_file);
        SurprisalPage page = await InputFile.NamingAsync(file, () =>
        {
            using StatusLine status = new(terminal);
            using Stream text = InputFile.Open(file, terminal, status, stop);
            SurprisalReader reader = new(trained.Model, trained.Vocabulary, backend);
            return Task.FromResult(Read(reader.Read(trained.Vocabulary.Encode(text), options, stop), trained, options, file, result.Get(_most)));
        }).ConfigureAwait(false);
        SurprisalScreen screen = new(page, trained.Model.Configuration.Family, path);
        if (result.GetValue(_json))
        {
            new JsonLines(terminal.Out).Write(screen.WriteJson);
        }
        else
        {
            terminal.OutConsole.Write(screen.Render());
        }

        // What was computed is shown even if the page cannot be written.
        terminal.Out.Flush();
        page.Write(path);
        if (!result.GetValue(_json))
        {
            terminal.Out.WriteLine(path);
            terminal.Out.Flush();
        }

        _open.Open(result, terminal, path);
        return ExitCode.Ok;
    }

    private static SurprisalPage Read(IEnumerable<TokenSurprise> tokens, ModelFolder trained, SurprisalOptions options, string file, int kilobytes)
    {
        SurprisalSummary summary = new(options.Context.TargetLength);
        List<TokenSurprise> shown = [];
        ShownText room = new(trained.Vocabulary, (long)kilobytes * BytesOfKilobyte);
        foreach (TokenSurprise token in tokens)
        {
            summary.Add(token);
            if (room.Takes(token.Id))
            {
                shown.Add(token);
            }
        }

        return summary.Count == 0 ? throw new InputException($"'{InputFile.NameOf(file)}' is empty; there is nothing to read") : new SurprisalPage
        {
            Summary = summary,
            Shown = shown,
            Vocabulary = trained.Vocabulary,
            Context = options.Context,
            Model = RunName.Of(trained.Path),
            Text = file == InputFile.StandardInput ? InputFile.NameOf(file) : Path.GetFileName(file),
        };
    }

    private SurprisalOptions Options(ParseResult result, ModelFolder trained)
    {
        UnusedOptions.RefuseOfModel(result, trained.Model.Configuration, _memory);
        SurprisalOptions standard = SurprisalOptions.ForTrained(trained.Configuration.Context);
        ContextConfiguration context = standard.Context;
        return new SurprisalOptions
        {
            Context = context with
            {
                TargetLength = result.GetValue(_target) ?? context.TargetLength,
                MemoryLength = result.GetValue(_memory) ?? context.MemoryLength,
            },
        };
    }
}
