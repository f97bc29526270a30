using System.CommandLine;
using TransformerXL.Analysis.Reports;
using TransformerXL.Cli.Options;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Tensors.Collectives;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Settings;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Cli.Commands;

/// <summary><c>txl train</c>: a new run, or the continuation of one.</summary>
internal sealed class TrainCommand(Terminal terminal) : ICommandDefinition
{
    public const string Name = "train";

    /// <summary>The option that continues a run, whose settings stay as they are.</summary>
    public const string ResumeName = "--resume";

    private readonly Option<string?> _out = NewOption.Text("--out", "DIR", "Folder of the run; created if missing.");
    private readonly Option<string?> _resume = new(ResumeName)
    {
        Description = "Continue the run in this folder from its last checkpoint. [default: the folder of --out]",
        HelpName = "DIR",
        Arity = NewOption.RepeatableOptional,
        CustomParser = NewOption.LastText,
    };

    private readonly Option<bool> _force = NewOption.Flag("--force", "Erase the run in the folder of --out first; other files stay.");
    private readonly Option<bool> _json = NewOption.Flag("--json", "Print reports as lines of JSON and nothing else.");
    private readonly Option<bool> _compress = NewOption.Flag("--compress-gradients", "With mpirun: send gradients as bfloat16; half their traffic, other bits.");
    private readonly OpenOption _open = new("Open the report of the run in the browser, where it refreshes itself during the training.");
    private readonly InitialModelOptions _init = new();
    private readonly RunOptions _run = new(tasks: true);
    private readonly SettingsOptions _settings = new();
    private readonly MachineOptions _machine = new();

    public Command Create()
    {
        Command command = new(Name, "Train a language model on a text, or continue a run.") { _out, _resume, _force };
        _settings.AddTo(command);
        _init.AddTo(command);
        _run.AddTo(command);
        _machine.AddTo(command);
        _open.AddTo(command);
        command.Add(_json);
        command.Add(_compress);
        command.Validators.Add(result =>
        {
            bool resumes = result.GetResult(_resume) is not null, prints = _settings.Prints(result);
            if (resumes && result.GetResult(_init.Option) is not null)
            {
                result.AddError("--init begins a new run, and --resume continues one; name one of the two");
            }

            if (resumes && result.GetResult(_force) is not null)
            {
                result.AddError("--force begins a new run in place of one, and --resume continues it; name one of the two");
            }

            if (resumes && _settings.Given(result).FirstOrDefault() is { } given)
            {
                result.AddError($"{given} is for a new run; a resumed one keeps its config.json");
            }
            else if (!prints && result.GetResult(_out) is null && (!resumes || result.GetValue(_resume) is null))
            {
                result.AddError("name a folder for the run: --out DIR, or --resume DIR to continue one");
            }

            if (!prints && !resumes && !_run.NamesText(result) && !_settings.NamesFile(result))
            {
                result.AddError("name the text to learn from: --data PATH, or --train PATH and --valid PATH");
            }
        });
        command.SetAction((result, stop) => _settings.Prints(result)
            ? Task.FromResult(Print(result))
            : new RankedRun(terminal).RunAsync(result.CommandResult.Command, result.GetValue(_compress), processes => RunAsync(result, processes, stop), stop));
        return command;
    }

    private int Print(ParseResult result)
    {
        RunSettings settings = new NewRun(terminal).Check(_settings.Read(_run, result, _init.Load(result, terminal)), text: false);
        if (result.GetValue(_json))
        {
            terminal.Out.WriteLine(settings.ToJson());
        }
        else if (terminal.OutIsScreen)
        {
            terminal.OutConsole.Write(SettingsTable.Render(settings));
        }
        else
        {
            SettingsTable.WriteLines(terminal.Out, settings);
        }

        return ExitCode.Ok;
    }

    private async Task<int> RunAsync(ParseResult result, ICollective processes, CancellationToken stop)
    {
        using CpuBackend backend = _machine.CreateBackend(result);
        bool first = processes.Rank == 0, json = result.GetValue(_json) && first, resumes = result.IsGiven(_resume);
        string path = resumes ? ResumedPath(result) : result.GetValue(_out)!;
        ModelFolder? initial = resumes ? null : _init.Load(result, terminal, stop);
        RunSettings? settings = resumes ? null : NewSettings(result, initial, processes);
        RunConfiguration given = settings?.Configuration ?? RunDirectory.Open(path).ReadConfiguration();
        MemoryCheck memory = new(terminal, _machine, result);
        if (settings is not null)
        {
            memory.TrainingBeforeText(given);
        }
        else if (given.Task is null)
        {
            memory.Training(given);
        }

        if (given.Task is not null)
        {
            return await TrainTaskAsync(result, path, settings, initial, backend, processes, stop).ConfigureAwait(false);
        }

        if (resumes)
        {
            RequireChunks(path, given, processes);
        }

        // Taking the lock would create the folder of a missing run.
        string folder = resumes ? RunDirectory.Open(path).Path : path;
        using RunLock? held = first ? RunLock.Take(folder) : null;
        bool force = result.GetValue(_force), goesOn = !force && settings is not null && new NewRun(terminal).IsIn(path, settings, initial);
        // Every process checks the folder before the first one writes to it, and reads the text that the first one has prepared.
        processes.Barrier();
        string? replaced = first && !resumes && !goesOn ? RequireFree(path, force) : null;

        if (!first)
        {
            processes.Barrier();
        }

        using Corpus corpus = settings is null ? OpenText(result, path, stop) : new RunText(terminal).Prepare(settings.Configuration.Corpus!, path, stop);
        if (first)
        {
            processes.Barrier();
        }

        if (goesOn)
        {
            RequireSameText(path, corpus);
        }

        RunConfiguration? configuration = settings is null || goesOn ? null : new NewRun(terminal).Configure(settings, corpus, initial);
        if (configuration is not null)
        {
            memory.Training(configuration);
        }

        if (first && configuration is not null)
        {
            NoteShortValidation(configuration.Corpus!, corpus);
        }

        Trainer trainer = configuration is null
            ? Resume(result, path, corpus, backend, held, processes)
            : Trainer.Create(configuration, corpus, backend, path, terminal.Clock, initial, held, force, processes);
        NoteReplaced(replaced);
        if (resumes || goesOn)
        {
            TellBeginning(path, trainer, goesOn);
        }

        if (_open.IsOn(result) && trainer.Run is { } run)
        {
            _open.Open(result, terminal, RunReport.Write(run, refresh: new PageRefresh(terminal.Clock.GetLocalNow(), ReportKeeper.RefreshSeconds)));
        }

        TrainingResult trained = await new TrainingRun(terminal).RunAsync(trainer, corpus, json, stop).ConfigureAwait(false);
        if (!json && first)
        {
            TrainingSummary.Write(terminal, path, trained, corpus, trainer.Configuration);
        }

        if (trained.Completed && first)
        {
            TrainingSummary.WarnOfUnigram(terminal, trainer, corpus.Vocabulary.Unit);
        }

        return trained.Completed ? ExitCode.Ok : ExitCode.Cancelled;
    }

    /// <summary>The same for a task on examples; without settings the run in the folder is resumed.</summary>
    private async Task<int> TrainTaskAsync(
        ParseResult result, string path, RunSettings? settings, ModelFolder? initial, CpuBackend backend, ICollective processes, CancellationToken stop)
    {
        bool first = processes.Rank == 0, json = result.GetValue(_json) && first;
        RunTask runTask = new(terminal);
        using RunLock? held = first ? RunLock.Take(settings is null ? RunDirectory.Open(path).Path : path) : null;
        bool goesOn = !result.GetValue(_force) && settings is not null && new NewRun(terminal).IsIn(path, settings, initial);
        // Every process checks the folder before the first one writes to it.
        processes.Barrier();
        string? replaced = null;
        CorpusOptions? moved = null;
        if (settings is null)
        {
            RunDirectory run = RunDirectory.Open(path);
            RunConfiguration begun = run.ReadConfiguration();
            RunConfiguration? elsewhere = _run.WithExamplesMoved(begun, result);
            run.RequireTraining(begun);
            RequireChunks(path, begun, processes);
            _run.RequireAgreement(elsewhere ?? begun, result, path);
            moved = elsewhere?.Corpus;
        }
        else if (first && !goesOn)
        {
            replaced = RequireFree(path, result.GetValue(_force));
        }

        settings = goesOn ? null : settings;
        TaskExamples examples = settings is null ? runTask.Reopen(path, moved, stop) : runTask.Load(settings.Configuration, stop);
        if (first && !json)
        {
            runTask.Describe(examples);
        }

        Trainer trainer;
        if (settings is null)
        {
            RunConfiguration stored = RunDirectory.Open(path).ReadConfiguration();
            new MemoryCheck(terminal, _machine, result).Training(stored, examples);
            TrainingConfiguration wanted = _run.ApplyChanges(stored, result).Training;
            trainer = Trainer.Resume(path, configuration => examples.CreateTask(configuration, backend), backend, terminal.Clock, wanted.Steps, wanted.Patience, held, processes, moved);
            TellBeginning(path, trainer, goesOn);
        }
        else
        {
            RunConfiguration configuration = new NewRun(terminal).Configure(settings, examples, initial);
            new MemoryCheck(terminal, _machine, result).Training(configuration, examples);
            trainer = Trainer.Create(configuration, wanted => examples.CreateTask(wanted, backend), backend, path, terminal.Clock, initial, held, result.GetValue(_force), processes);
            NoteReplaced(replaced);
        }

        if (_open.IsOn(result) && trainer.Run is { } opened)
        {
            _open.Open(result, terminal, RunReport.Write(opened, refresh: new PageRefresh(terminal.Clock.GetLocalNow(), ReportKeeper.RefreshSeconds)));
        }

        TrainingResult trained = await new TrainingRun(terminal).RunAsync(trainer, TrainingScreenState.Begin(trainer, examples), json, stop).ConfigureAwait(false);
        if (!json && first)
        {
            TrainingSummary.WriteTask(terminal, path, trained, examples);
        }

        return trained.Completed ? ExitCode.Ok : ExitCode.Cancelled;
    }

    private Trainer Resume(ParseResult result, string path, Corpus corpus, CpuBackend backend, RunLock? held, ICollective processes)
    {
        TrainingConfiguration wanted = _run.ApplyChanges(RunDirectory.Open(path).ReadConfiguration(), result).Training;
        return Trainer.Resume(path, corpus, backend, terminal.Clock, wanted.Steps, wanted.Patience, held, processes);
    }

    /// <summary>Reports where a resumed run continues, unless that is an ordinary step of an explicit --resume.</summary>
    private void TellBeginning(string path, Trainer trainer, bool goesOn)
    {
        if (trainer.State.Step == 0)
        {
            terminal.Notes.WriteLine($"txl: {path} has taken no step yet; its training begins at step 1");
        }
        else if (trainer.State.ValidationIsDue)
        {
            terminal.Notes.WriteLine($"txl: {path} was stopped during the validation after step {trainer.State.Step}, which comes first now");
        }
        else if (trainer.State.Step >= trainer.Configuration.Training.Steps)
        {
            terminal.Notes.WriteLine($"txl: {path} has taken all of its {Figures.Count(trainer.Configuration.Training.Steps, "step")} already; --steps with more trains it longer");
        }
        else if (trainer.HasEndedEarly)
        {
            terminal.Notes.WriteLine($"txl: {path} has ended early, because its validations no longer improved; a --patience above {trainer.State.ValidationsWithoutImprovement}, or 0, trains it on");
        }
        else if (goesOn)
        {
            terminal.Notes.WriteLine($"txl: {path} holds this run already; it continues after step {trainer.State.Step} (--force begins it anew)");
        }
    }

    private string ResumedPath(ParseResult result)
    {
        string? resume = result.GetValue(_resume), output = result.GetValue(_out);
        return resume is null || output is null || Path.GetFullPath(resume) == Path.GetFullPath(output)
            ? resume ?? output!
            : throw new InputException($"--resume names {resume}, but --out {output}; a run continues in its own folder");
    }

    private Corpus OpenText(ParseResult result, string path, CancellationToken stop)
    {
        RunDirectory run = RunDirectory.Open(path);
        run.RequireTraining(run.ReadConfiguration());
        _run.RequireAgreement(run.ReadConfiguration(), result, path);
        return new RunText(terminal).Reopen(run.Path, stop);
    }

    /// <summary>Rejects a number of processes among which the chunks of a run cannot be divided: a run that goes on keeps its chunks.</summary>
    private static void RequireChunks(string path, RunConfiguration stored, ICollective processes)
    {
        int chunks = stored.Training.BatchChunks;
        if (chunks % processes.Size != 0)
        {
            string fitting = string.Join(" or ", Enumerable.Range(1, chunks).Where(size => chunks % size == 0));
            throw new InputException($"'{path}' was begun with --batch-chunks {chunks} and keeps it, so that {processes.Size} processes cannot go on with it; {fitting} can");
        }
    }

    private void NoteShortValidation(CorpusOptions files, Corpus corpus)
    {
        bool isWanted = files.ValidationPath is not null || (files.TrainPath is null && files.ValidationFraction > 0);
        if (isWanted && corpus.Validation.Count < 2)
        {
            terminal.Notes.WriteLine($"txl: the validation text has {Figures.Count(corpus.Validation.Count, corpus.Vocabulary.Unit)}, too few to measure a loss on; there is no validation");
        }
    }

    /// <summary>Checks everything that can be checked before the text is read.</summary>
    private RunSettings NewSettings(ParseResult result, ModelFolder? initial, ICollective processes)
    {
        RunSettings settings = _settings.Read(_run, result, initial);
        if (initial is null && settings.Configuration.Task is { FreezesBody: true })
        {
            throw new InputException("--freeze keeps the model as it is, and a new one has random weights; name a trained one by --init");
        }

        _settings.RequireText(settings, result);
        settings = new NewRun(terminal).Check(WithChunks(settings, processes), text: true);
        return initial is null ? settings : InitialModelOptions.WithVocabulary(settings, initial);
    }

    /// <summary>With a chunk of the batch for each process, unless a file or an option sets their number.</summary>
    private static RunSettings WithChunks(RunSettings settings, ICollective processes)
    {
        const string Chunks = "training.batchChunks";
        TrainingConfiguration training = settings.Configuration.Training;
        if (training.BatchChunks % processes.Size == 0 || settings.OriginOf(Chunks).Kind >= SettingOriginKind.File)
        {
            return settings;
        }

        return training.BatchSize % processes.Size == 0
            ? settings.Apply(new SettingOrigin(SettingOriginKind.Option, "mpirun"), Chunks, processes.Size)
            : throw new InputException($"--batch {training.BatchSize} cannot be divided among {processes.Size} processes");
    }

    /// <summary>A run without checkpoints is replaced by the new one; any other run is kept unless --force is given.</summary>
    /// <returns>What to report when the run is replaced; null if there is none.</returns>
    private static string? RequireFree(string path, bool force)
    {
        RunDirectory? run = RunDirectory.Find(path);
        if (run is { HasSaved: true } && !force)
        {
            throw new InputException(
                $"{path} holds a run already, of other settings: '--resume {path}' continues it, --force erases it and begins a new one, another --out keeps both");
        }

        RunDirectory.RequireFree(path, force);
        return run is null ? null : run.HasSaved ? $"txl: the run in {path} is replaced" : $"txl: nothing was saved of the run in {path}; it begins again";
    }

    /// <summary>Only when text and settings were accepted: a refused command replaces nothing.</summary>
    private void NoteReplaced(string? note)
    {
        if (note is not null)
        {
            terminal.Notes.WriteLine(note);
        }
    }

    /// <summary>A run is resumed with its own text; if the files have changed, the command is not the same.</summary>
    private static void RequireSameText(string path, Corpus corpus)
    {
        if (RunText.IdentityOf(RunDirectory.Open(path)) is { } identity && identity != corpus.Train.SourceIdentity)
        {
            throw new InputException(
                $"{path} holds this run already, but its text has changed: '--resume {path}' continues with the text as it was, --force erases the run and begins a new one, another --out keeps both");
        }
    }
}
