using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Collectives;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Training;

/// <summary>
/// Sums the gradients of the chunks of a batch: those of this process, chunk after chunk, and then those of all processes. Both add in pairs
/// (<see cref="PairwiseSum"/>), so that the sum has the same bits for N chunks in one process and for one chunk in each of N processes, and for
/// every division in between if N is a power of two. A parameter without a gradient in some chunk counts as zero there.
/// </summary>
internal sealed class GradientSum
{
    private readonly IReadOnlyList<Parameter> _parameters;
    private readonly ICollective _collective;
    private readonly int _chunks;
    private readonly Dictionary<Parameter, int> _index = new(ReferenceEqualityComparer.Instance);

    // Level l holds the sum of 2^l chunks if bit l of the number of chunks so far is set; a parameter without gradients in them has none.
    private readonly List<Tensor[]> _levels = [];
    private readonly List<bool[]> _holds = [];
    private readonly bool[] _begun;
    private readonly double[] _own, _all;
    private int _chunk;

    /// <param name="parameters">All parameters of the training.</param>
    /// <param name="collective">The processes.</param>
    /// <param name="chunks">The chunks of this process.</param>
    public GradientSum(IReadOnlyList<Parameter> parameters, ICollective collective, int chunks)
    {
        (_parameters, _collective, _chunks) = (parameters, collective, chunks);
        for (int i = 0; i < parameters.Count; i++)
        {
            _index[parameters[i]] = i;
        }

        for (int level = 0; level < LevelsOf(chunks); level++)
        {
            _levels.Add(new Tensor[parameters.Count]);
            _holds.Add(new bool[parameters.Count]);
        }

        _begun = new bool[parameters.Count];
        _own = new double[parameters.Count];
        _all = new double[parameters.Count * collective.Size];
    }

    /// <summary>The number of additional copies of the gradients for a number of chunks in one process.</summary>
    public static int LevelsOf(int chunks) => chunks == 1 ? 0 : int.Log2(chunks - 1) + 1;

    /// <summary>Begins a step.</summary>
    public void Begin()
    {
        _chunk = 0;
        _begun.AsSpan().Clear();
        foreach (bool[] holds in _holds)
        {
            holds.AsSpan().Clear();
        }
    }

    /// <summary>Takes the gradients of a chunk whose backward pass has ended; after the last one they are those of the whole batch.</summary>
    public void EndChunk()
    {
        if (_chunk < _chunks - 1)
        {
            for (int i = 0; i < _parameters.Count; i++)
            {
                Keep(i);
            }

            _chunk++;
            return;
        }

        if (_collective.Size == 1)
        {
            for (int i = 0; i < _parameters.Count; i++)
            {
                AddLevels(i);
            }

            return;
        }

        SumRest();
        _collective.Complete();
    }

    /// <summary>Parameters whose gradients of a chunk are complete while its backward pass goes on: after the last chunk their sum over the processes begins.</summary>
    public void Complete(IReadOnlyList<Parameter> parameters)
    {
        if (_chunk < _chunks - 1 || _collective.Size == 1)
        {
            return;
        }

        List<Tensor> gradients = [];
        foreach (Parameter parameter in parameters)
        {
            int i = _index[parameter];
            AddLevels(i);
            if (parameter.HasGradient)
            {
                _begun[i] = true;
                gradients.Add(parameter.Gradient);
            }
        }

        _collective.BeginSum(gradients);
    }

    /// <summary>A process may lack the gradient of a parameter that another has, such as that of a cluster whose tokens it has not met.</summary>
    private void SumRest()
    {
        for (int i = 0; i < _parameters.Count; i++)
        {
            if (!_begun[i])
            {
                AddLevels(i);
            }

            _own[i] = _parameters[i].HasGradient ? 1 : 0;
        }

        _collective.Gather(_own, _all);
        List<Tensor> gradients = [];
        for (int i = 0; i < _parameters.Count; i++)
        {
            if (!_begun[i] && IsAnywhere(i))
            {
                if (!_parameters[i].HasGradient)
                {
                    _parameters[i].ZeroGradient();
                }

                gradients.Add(_parameters[i].Gradient);
            }
        }

        _collective.BeginSum(gradients);
    }

    private bool IsAnywhere(int index)
    {
        for (int i = index; i < _all.Length; i += _parameters.Count)
        {
            if (_all[i] != 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Adds the gradient of a chunk that is not the last to the pairs that it completes, and clears it.</summary>
    private void Keep(int index)
    {
        int level = 0;
        for (; ((_chunk >> level) & 1) == 1; level++)
        {
            AddLevel(index, level);
        }

        Parameter parameter = _parameters[index];
        if (parameter.HasGradient)
        {
            ref Tensor kept = ref _levels[level][index];
            kept = kept.IsEmpty ? Tensor.Allocate(parameter.Shape) : kept;
            parameter.Gradient.CopyTo(kept);
            _holds[level][index] = true;
            parameter.ClearGradient();
        }
    }

    private void AddLevels(int index)
    {
        for (int level = 0; level < _levels.Count; level++)
        {
            AddLevel(index, level);
        }
    }

    private void AddLevel(int index, int level)
    {
        if (!_holds[level][index])
        {
            return;
        }

        _holds[level][index] = false;
        Parameter parameter = _parameters[index];
        if (parameter.HasGradient)
        {
            PairwiseSum.Add(parameter.Gradient.Span, _levels[level][index].Span);
        }
        else
        {
            parameter.ZeroGradient();
            _levels[level][index].CopyTo(parameter.Gradient);
        }
    }
}
