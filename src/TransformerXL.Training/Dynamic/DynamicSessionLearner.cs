using System.Globalization;
using TransformerXL.Files;
using TransformerXL.Inference;
using TransformerXL.Inference.Serving;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Optimizers;

namespace TransformerXL.Training.Dynamic;

/// <summary>The weights of one session, which take a step after each segment that it reads.</summary>
internal sealed class DynamicSessionLearner : SessionLearner
{
    private const string Prefix = "learned.", Progress = Prefix + "progress";

    // Kind of the rule, segments read, tokens of the next one.
    private const int ProgressHead = 3;

    private readonly DynamicSessionLearning _learning;
    private readonly DynamicText _text;
    private readonly int[] _inputs, _targets;
    private int _count;

    /// <param name="learning">What all sessions share.</param>
    /// <param name="text">Weights and memory of this session alone.</param>
    public DynamicSessionLearner(DynamicSessionLearning learning, DynamicText text) =>
        (_learning, _text, _inputs, _targets) = (learning, text, new int[learning.TargetLength], new int[learning.TargetLength]);

    public override LanguageModel Model => _text.Model;

    public override long Steps => _text.Segments;

    public override int Room => _targets.Length - _count;

    public override long Bytes => _learning.SessionBytes;

    /// <summary>Bytes of a file beside the values of its tensors, and of the tokens of the next segment.</summary>
    public static long MaxHeaderBytes(LanguageModel model, int target)
    {
        // Weights and two moments of each parameter, states of each layer, and the progress.
        const long OfTensor = 1 << 10;
        long tensors = (3 * model.Parameters.Count) + (2 * model.Configuration.Layers) + 2;
        return (tensors * OfTensor) + ((ProgressHead + (2L * target)) * sizeof(long));
    }

    public override bool Read(int previous, int token)
    {
        (_inputs[_count], _targets[_count]) = (previous, token);
        if (++_count < _targets.Length)
        {
            return false;
        }

        _count = 0;
        try
        {
            _learning.Step(_text, _inputs, _targets);
        }
        catch (TrainingDivergedException exception)
        {
            throw new LearningDivergedException(exception.Message, exception);
        }

        return true;
    }

    public override SessionLearner Copy()
    {
        DynamicSessionLearner copy = new(_learning, _learning.Copy(_text)) { _count = _count };
        _inputs.CopyTo(copy._inputs, 0);
        _targets.CopyTo(copy._targets, 0);
        return copy;
    }

    public override IEnumerable<SafetensorsItem> Items()
    {
        foreach ((string name, Tensor value) in Values())
        {
            yield return ModelWeights.Item(name, value);
        }

        for (int part = 0; part < _text.Memory.Parts; part++)
        {
            yield return ModelWeights.Item(MemoryName(part), _text.Memory[part]);
        }

        long[] progress = [(long)_learning.Rule, _text.Segments, _count, .. _inputs.Take(_count), .. _targets.Take(_count)];
        yield return SafetensorsItem.FromInt64s(Progress, progress, progress.Length);
    }

    public override void Restore(SafetensorsFile file, long tokens)
    {
        long[] progress = ReadProgress(file, tokens);
        foreach ((string name, Tensor value) in Values())
        {
            ModelWeights.Read(file, name, value);
        }

        for (int part = 0; part < _text.Memory.Parts; part++)
        {
            RestoreMemory(file, part, hasRead: progress[1] > 0);
        }

        (_text.Segments, _count) = (progress[1], (int)progress[2]);
        for (int i = 0; i < _count; i++)
        {
            (_inputs[i], _targets[i]) = ((int)progress[ProgressHead + i], (int)progress[ProgressHead + _count + i]);
        }

        if (_text.Moments is { } moments)
        {
            moments.Steps = [.. moments.Steps.Select(_ => _text.Segments)];
        }
    }

    private string MemoryName(int part) => Prefix + _text.Memory.PartName(part);

    /// <summary>Weights and moments, with their names in a file.</summary>
    private IEnumerable<(string Name, Tensor Value)> Values()
    {
        foreach (Parameter parameter in _text.Model.Parameters)
        {
            yield return (Prefix + parameter.Name, parameter.Value);
        }

        foreach (OptimizerTensor moment in _text.Moments?.State() ?? [])
        {
            yield return ($"{Prefix}{moment.Name}.{moment.Parameter.Name}", moment.Value);
        }
    }

    private void RestoreMemory(SafetensorsFile file, int part, bool hasRead)
    {
        string name = MemoryName(part);
        Shape max = _text.Memory.MaxShape(part);
        long Rows(string tensor) => file.Find(tensor).Shape is [var first, _, _] ? first : -1;
        long rows = Rows(name), least = hasRead || _text.Model is RecurrentModel ? Math.Min(1, max[0]) : 0, most = least == 0 ? 0 : max[0];
        Require.That(rows >= least && rows <= most, $"'{file.Path}' has {rows} rows in '{name}', but from {least} to {most} are expected");
        Require.That(rows == Rows(MemoryName(0)), $"'{file.Path}' is damaged: '{name}' has {rows} rows, and another layer has {Rows(MemoryName(0))}");
        Tensor states = Tensor.Allocate(max.WithFirst((int)rows));
        ModelWeights.Read(file, name, states);
        _text.Memory.Check(part, states, file.Path);
        _text.Memory.Restore(part, (int)rows, states.IsEmpty ? [] : states.Span);
    }

    /// <summary>Rule, segments, count, and the tokens of the next segment: what precedes each, and itself.</summary>
    private long[] ReadProgress(SafetensorsFile file, long tokens)
    {
        long length = file.Find(Progress).Shape is [var only] ? only : 0, max = ProgressHead + (2L * (_targets.Length - 1));
        Require.That(length >= ProgressHead && length <= max, $"'{file.Path}' has {length} values in '{Progress}', but there must be from {ProgressHead} to {max} with segments of {_targets.Length} tokens");
        long[] progress = new long[length];
        file.ReadInt64s(Progress, progress);
        if (progress[0] != (long)_learning.Rule)
        {
            throw new LearningUnavailableException($"the session learned by another rule than {_learning.Rule}, by which sessions learn here");
        }

        bool fits = progress[1] >= 0 && progress[1] <= tokens / _targets.Length && progress[2] >= 0 && progress[2] < _targets.Length && length == ProgressHead + (2 * progress[2]);
        Require.That(fits, $"'{file.Path}' is damaged: the values in '{Progress}' do not fit each other");
        int vocabulary = _text.Model.Configuration.VocabularySize;
        foreach (long id in progress.AsSpan(ProgressHead))
        {
            Require.That(id >= 0 && id < vocabulary, string.Create(CultureInfo.InvariantCulture, $"'{file.Path}' is damaged: '{Progress}' holds the token {id}, but the vocabulary has {vocabulary}"));
        }

        return progress;
    }
}
