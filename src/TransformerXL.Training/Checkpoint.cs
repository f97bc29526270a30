using TransformerXL.Files;
using TransformerXL.Heads;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Optimizers;

namespace TransformerXL.Training;

/// <summary>
/// A folder of <c>model.safetensors</c>, <c>state.json</c> and, to go on from, <c>state.safetensors</c> (what the
/// optimizer remembers, memories), and, where the task has one, <c>head.safetensors</c>. A new folder is written next to the old one, flushed, and then replaces it by renaming, so
/// that a kill at any instant leaves one that is whole.
/// </summary>
public static class Checkpoint
{
    private const string Weights = CheckpointFiles.Weights, State = CheckpointFiles.State, Tensors = "state.safetensors", Head = CheckpointFiles.Head;
    private const string Next = ".new", Previous = CheckpointFiles.PreviousEnding, Old = ".old";

    /// <summary>Whether there is a whole checkpoint.</summary>
    public static bool Exists(string folder) => CheckpointFiles.FindWhole(folder) is not null;

    /// <summary>The files that a checkpoint lacks to go on from, if its folder is there at all.</summary>
    internal static IReadOnlyList<string> Missing(string folder) => CheckpointFiles.Missing(folder, Weights, Tensors, State);

    /// <summary>Reads the state of the training.</summary>
    /// <exception cref="InputException">There is no checkpoint, or it is damaged.</exception>
    public static TrainingState ReadState(string folder) => RunFiles.ReadState(Path.Combine(CheckpointFiles.Find(folder), State));

    /// <summary>Throws if a file of a checkpoint is cut or damaged at its beginning, before anything large is read.</summary>
    internal static void RequireReadable(string folder)
    {
        ReadState(folder);
        string whole = CheckpointFiles.Find(folder);
        SafetensorsFile.Open(Path.Combine(whole, Weights)).Dispose();
        SafetensorsFile.Open(Path.Combine(whole, Tensors)).Dispose();
    }

    /// <summary>Throws if the folder of a checkpoint lacks a file that its use needs, or one is cut or damaged.</summary>
    /// <param name="folder">The checkpoint; nothing is thrown if there is no such folder.</param>
    /// <param name="withHead">Whether the task has parameters in addition to its model.</param>
    internal static void RequireUsable(string folder, bool withHead)
    {
        IReadOnlyList<string> missing = CheckpointFiles.Missing(folder, [Weights, State, .. withHead ? (string[])[Head] : []]);
        Require.That(missing.Count == 0, $"the checkpoint '{folder}' lacks {string.Join(" and ", missing)}");
        if (Directory.Exists(folder))
        {
            RunFiles.ReadState(Path.Combine(folder, State));
            foreach (string name in withHead ? (string[])[Weights, Head] : [Weights])
            {
                using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, name));
                file.CheckSums();
            }
        }
    }

    /// <summary>Reads the weights.</summary>
    /// <param name="folder">The checkpoint.</param>
    /// <param name="model">The model to fill.</param>
    /// <param name="progress">Reports after every tensor.</param>
    /// <param name="cancellationToken">Ends the reading; some weights have changed then.</param>
    /// <exception cref="InputException">There is no checkpoint, or it is damaged or of another model.</exception>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    public static void LoadWeights(string folder, LanguageModel model, IProgress<WeightProgress>? progress = null, CancellationToken cancellationToken = default) =>
        ModelWeights.Load(CheckpointFiles.WeightsFile(folder), model, progress, cancellationToken);

    /// <summary>The weights' file.</summary>
    /// <exception cref="InputException">There is no checkpoint.</exception>
    public static string WeightsFile(string folder) => CheckpointFiles.WeightsFile(folder);

    /// <summary>Throws if a checkpoint's weights are far fewer than a model has, which would take memory before that is found out.</summary>
    internal static void RequireValues(string folder, ModelConfiguration model) => ModelWeights.RequireValues(WeightsFile(folder), model);

    /// <summary>Reads the parameters that a task has in addition to its model (<c>TrainingTask.HeadParameters</c>).</summary>
    /// <param name="folder">The checkpoint.</param>
    /// <param name="head">The parameters to fill.</param>
    /// <exception cref="InputException">There is no checkpoint, or it lacks a parameter, is damaged, or of another task.</exception>
    public static void LoadHead(string folder, IReadOnlyList<Parameter> head)
    {
        ArgumentNullException.ThrowIfNull(head);
        ReadHead(CheckpointFiles.Find(folder), head);
    }

    /// <summary>The file of the parameters that the task of a checkpoint has in addition to its model; null if it has none.</summary>
    internal static string? HeadFile(string folder) => Path.Combine(CheckpointFiles.Find(folder), Head) is var file && File.Exists(file) ? file : null;

    internal static void SaveWeights(string folder, LanguageModel model, TrainingState state, IReadOnlyList<Parameter>? head = null) => Replace(folder, next =>
    {
        ModelWeights.Save(Path.Combine(next, Weights), model);
        WriteHead(next, head ?? []);
        RunFiles.Write(Path.Combine(next, State), state);
    });

    internal static void Save(string folder, LanguageModel model, Optimizer optimizer, IReadOnlyList<ModelState> memories, TrainingState state, IReadOnlyList<Parameter>? head = null) =>
        Replace(folder, next =>
        {
            ModelWeights.Save(Path.Combine(next, Weights), model);
            WriteHead(next, head ?? []);
            SafetensorsWriter.WriteSummed(Path.Combine(next, Tensors), [.. StateItems(optimizer, memories)], null);
            RunFiles.Write(Path.Combine(next, State), state);
        });

    internal static TrainingState Load(string folder, LanguageModel model, Optimizer optimizer, IReadOnlyList<ModelState> memories, IReadOnlyList<Parameter>? head = null)
    {
        string whole = CheckpointFiles.Find(folder);
        TrainingState state = RunFiles.ReadState(Path.Combine(whole, State));
        ModelWeights.Load(Path.Combine(whole, Weights), model);
        ReadHead(whole, head ?? []);
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(whole, Tensors));
        foreach (OptimizerTensor tensor in optimizer.State())
        {
            if (tensor.IsPaired)
            {
                PairedMoments.Read(file, NameOf(tensor), tensor.Value);
            }
            else if (tensor.IsFloat8)
            {
                Float8Moments.Read(file, NameOf(tensor), tensor);
            }
            else
            {
                ModelWeights.Read(file, NameOf(tensor), tensor.Value);
            }
        }

        int parameters = model.Parameters.Count + (head?.Count ?? 0);
        Require.That(
            state.ParameterSteps.Count == parameters,
            $"{Path.Combine(whole, State)}: steps of {state.ParameterSteps.Count} parameters, but the model has {parameters}");
        optimizer.Steps = state.ParameterSteps;
        ReadMemories(file, memories);
        return state;
    }

    /// <summary>The first tensor of a checkpoint with a value that is not finite; null if there is none.</summary>
    internal static string? FirstNotFinite(LanguageModel model, Optimizer optimizer, IReadOnlyList<ModelState> memories, IReadOnlyList<Parameter>? head = null) =>
        (WeightHealth.FirstNotFinite(model) ?? head?.FirstOrDefault(parameter => !WeightHealth.IsFinite(parameter.Value))) is { } parameter ? $"the weight '{parameter.Name}'"
        : optimizer.State().FirstOrDefault(tensor => !(tensor.IsPaired ? PairedMoments.IsFinite(tensor.Value) : tensor.IsFloat8 || WeightHealth.IsFinite(tensor.Value))) is { Parameter: { } moved } state ? $"what the optimizer keeps of '{moved.Name}' ({state.Name})"
        : memories.SelectMany(memory => Enumerable.Range(0, memory.Parts).Select(part => memory[part])).Any(part => !WeightHealth.IsFinite(part)) ? "the memory of the model"
        : null;

    private static IEnumerable<SafetensorsItem> StateItems(Optimizer optimizer, IReadOnlyList<ModelState> memories)
    {
        foreach (OptimizerTensor tensor in optimizer.State())
        {
            yield return tensor.IsPaired ? PairedMoments.Item(NameOf(tensor), tensor.Value)
                : tensor.IsFloat8 ? Float8Moments.Item(NameOf(tensor), tensor)
                : ModelWeights.Item(NameOf(tensor), tensor.Value);
        }

        for (int chunk = 0; chunk < memories.Count; chunk++)
        {
            for (int part = 0; part < memories[chunk].Parts; part++)
            {
                yield return ModelWeights.Item($"memory.{chunk}.{part}", memories[chunk][part]);
            }
        }
    }

    /// <summary>A task without parameters of its own has no such file.</summary>
    private static void WriteHead(string folder, IReadOnlyList<Parameter> head)
    {
        if (head.Count > 0)
        {
            HeadWeights.Save(Path.Combine(folder, Head), head);
        }
    }

    private static void ReadHead(string folder, IReadOnlyList<Parameter> head)
    {
        if (head.Count > 0)
        {
            HeadWeights.Load(Path.Combine(folder, Head), head);
        }
    }

    private static string NameOf(OptimizerTensor tensor) => $"{tensor.Name}.{tensor.Parameter.Name}";

    private static void ReadMemories(SafetensorsFile file, IReadOnlyList<ModelState> memories)
    {
        long? rows = null;
        for (int chunk = 0; chunk < memories.Count; chunk++)
        {
            for (int part = 0; part < memories[chunk].Parts; part++)
            {
                SafetensorsEntry entry = file.Find($"memory.{chunk}.{part}");
                Shape max = memories[chunk].MaxShape(part);
                bool fits = entry.Shape.Count == 3 && entry.Shape[0] <= max[0] && entry.Shape[1] == max[1] && entry.Shape[2] == max[2];
                Require.That(fits, $"{file.Path}: the tensor '{entry.Name}' has shape ({string.Join(", ", entry.Shape)}), but at most {max} is needed");
                rows ??= entry.Shape[0];
                Require.That(
                    entry.Shape[0] == rows && (memories[chunk] is not RecurrentState || rows == 1),
                    $"{file.Path}: the tensor '{entry.Name}' remembers {Counted.Of(entry.Shape[0], "token")}, where {(memories[chunk] is RecurrentState ? 1 : rows)} are expected, as many in every layer; the file is damaged");
                float[] states = new float[entry.Count];
                file.ReadFloats(entry.Name, states);
                Require.That(states.All(float.IsFinite), $"{file.Path}: the tensor '{entry.Name}' holds values that are not finite numbers; the file is damaged");
                memories[chunk].Restore(part, (int)entry.Shape[0], states);
            }
        }
    }

    /// <exception cref="InputException">Something cannot be written; the message names the folder and the reason.</exception>
    private static void Replace(string folder, Action<string> write)
    {
        string next = folder + Next;
        try
        {
            Replace(folder, next, write);
        }
        catch (Exception fault) when (FileFault.Cause(fault, next) is { } cause)
        {
            throw new InputException($"'{folder}' cannot be written: {FileFault.Reason(cause)}", fault);
        }
    }

    private static void Replace(string folder, string next, Action<string> write)
    {
        string parent = Path.GetDirectoryName(folder)!, previous = folder + Previous;
        Directory.CreateDirectory(parent);
        EraseFolder(next);
        Directory.CreateDirectory(next);
        try
        {
            write(next);
        }
        catch
        {
            BestEffort.Try(() => EraseFolder(next));
            throw;
        }

        KeepForeign(folder, next);
        if (CheckpointFiles.IsWhole(folder))
        {
            EraseFolder(previous);
            Directory.Move(folder, previous);
        }
        else
        {
            EraseFolder(folder);
        }

        Directory.Move(next, folder);
        DiskFlush.Folder(parent);
        // The new one is in place; files that cannot be removed now are removed the next time.
        BestEffort.Try(() => EraseFolder(previous));
    }

    /// <summary>Files that a user added to a checkpoint are moved with it.</summary>
    private static void KeepForeign(string from, string to)
    {
        foreach (string file in Directory.Exists(from) ? Directory.GetFiles(from) : [])
        {
            if (!IsOwn(file))
            {
                File.Move(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
            }
        }
    }

    private static bool IsOwn(string file) => Path.GetFileName(file) is Weights or State or Tensors or Head || AtomicFile.IsTemporary(Path.GetFileName(file), null);

    /// <summary>
    /// Removes one of the folders beside a checkpoint that a killed process leaves, or half a kept one, or temporary files in a whole
    /// one; puts one back that had given way to a newer one that did not arrive.
    /// </summary>
    /// <param name="folder">A folder in that of the checkpoints.</param>
    /// <param name="held">A file that this process keeps locked.</param>
    internal static void Tidy(string folder, string held)
    {
        string name = Path.GetFileName(folder), ending = Path.GetExtension(folder), main = Path.ChangeExtension(folder, null);
        if (!RunCheckpoints.IsName(ending is Next or Previous or Old ? Path.GetFileName(main) : name))
        {
            return;
        }

        if (ending == Previous && CheckpointFiles.IsWhole(folder) && !CheckpointFiles.IsWhole(main))
        {
            if (!Directory.Exists(main))
            {
                Directory.Move(folder, main);
            }
        }
        else if (ending is Next or Previous or Old || (RunCheckpoints.StepOf(name) is not null && !CheckpointFiles.IsWhole(folder)))
        {
            EraseFolder(folder);
        }
        else
        {
            AtomicFile.RemoveAllStale(folder, held);
        }
    }

    /// <summary>Whether a folder among the checkpoints holds, or held, one that was whole: not one that is only being written.</summary>
    internal static bool IsSaved(string folder)
    {
        string name = Path.GetFileName(folder);
        return RunCheckpoints.IsName(name)
            || (Path.GetExtension(name) == Previous && RunCheckpoints.IsName(Path.ChangeExtension(name, null)) && CheckpointFiles.IsWhole(folder));
    }

    /// <summary>Removes all that a run leaves of a checkpoint, whole or half.</summary>
    internal static void Erase(string folder)
    {
        string name = Path.GetFileName(folder);
        if (RunCheckpoints.IsName(name) || (Path.GetExtension(name) is Next or Previous or Old && RunCheckpoints.IsName(Path.ChangeExtension(name, null)!)))
        {
            EraseFolder(folder);
        }
    }

    /// <summary>Removes the files of a checkpoint, and the folder if it held nothing else.</summary>
    internal static void EraseFolder(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }

        foreach (string file in Directory.GetFiles(folder).Where(IsOwn))
        {
            File.Delete(file);
        }

        if (!Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
        }
    }

    /// <summary>Removes a checkpoint so that a kill in the middle leaves no half one under its name.</summary>
    internal static void Remove(string folder)
    {
        string old = folder + Old;
        EraseFolder(old);
        Directory.Move(folder, old);
        BestEffort.Try(() => EraseFolder(old));
    }
}
