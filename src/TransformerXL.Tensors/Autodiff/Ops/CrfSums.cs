using System.Runtime.InteropServices;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>
/// The sums over all label sequences of conditional random fields (Rabiner 1989, section III; Lafferty et al. 2001), with the scores of
/// <see cref="CrfLossOperation"/>. All are logarithms in double precision, relative to the norm n_t of each step:
/// <code>
/// a_0(j) = start_j + z_0(j) - n_0
/// a_t(j) = z_t(j) + log sum over i of exp(a_(t-1)(i) + A_ij) - n_t             n_t such that the exponentials of a_t add up to 1
/// b_t(i) = log sum over j of exp(A_ij + z_(t+1)(j) + b_(t+1)(j) - n_(t+1))     exp(a_t + b_t) are the probabilities of the labels
/// </code>
/// The inner sums of all sequences at a step are one product with exp(A), in float32. Where a sum is too small for it, because the scores
/// of transitions lie far apart, it is computed from the logarithms. A score of negative infinity forbids a label or a transition.
/// </summary>
internal sealed class CrfSums
{
    // A sum of float32 products below this may have lost terms; weights with larger logarithms are not multiplied in float32.
    private const float SmallestSum = 1e-20f;
    private const double LargestLogWeight = 40;

    private double[] _norms = [], _endNorms = [], _values = [];
    private bool[] _isLarge = [];
    private Tensor _emissions, _transitions, _start, _end, _exponentials, _alpha, _beta, _before, _after, _sums;
    private Tape _tape = null!;
    private int _labels;
    private double _peak;

    /// <summary>The rows that values of elements are laid out in.</summary>
    public CrfLayout Layout { get; } = new();

    /// <summary>The forward pass.</summary>
    /// <param name="tape">Its memory and backend.</param>
    /// <param name="emissions">z: (N, C), the elements of all sequences.</param>
    /// <param name="transitions">A: (C, C), from row to column.</param>
    /// <param name="start">(C).</param>
    /// <param name="end">(C).</param>
    /// <param name="lengths">Elements of each sequence.</param>
    public void Forward(Tape tape, Tensor emissions, Tensor transitions, Tensor start, Tensor end, ReadOnlySpan<int> lengths)
    {
        (_tape, _emissions, _transitions, _start, _end) = (tape, emissions, transitions, start, end);
        _labels = transitions.Shape.Columns;
        Layout.Set(lengths);
        Allocate();
        Exponentiate();
        Tensor packed = Pack(Matrix.Of(_exponentials));
        for (int step = 0; step < Layout.Steps; step++)
        {
            int count = Layout.CountAt(step);
            if (step > 0)
            {
                tape.Backend.MultiplyPacked(Matrix.Of(_before.Slice(Layout.StartOf(step), count)), packed, _sums.Slice(0, count), Precision.Float32);
            }

            for (int slot = 0; slot < count; slot++)
            {
                ForwardRow(step, slot);
            }
        }

        tape.Release(packed);
    }

    /// <summary>The logarithm of the sum over all label sequences of exp(score); 0 for a sequence without elements.</summary>
    /// <param name="slot">The place of the sequence among the rows of a step.</param>
    public double LogPartition(int slot)
    {
        double sum = _endNorms[slot];
        for (int step = 0; slot < Layout.CountAt(step); step++)
        {
            sum += _norms[Layout.StartOf(step) + slot];
        }

        return sum;
    }

    /// <summary>The backward pass, after the forward pass. <see cref="Marginal"/> and <see cref="AddTransitions"/> can be called then.</summary>
    public void Backward()
    {
        Tensor packed = Pack(Matrix.Of(_exponentials).Transposed);
        for (int step = Layout.Steps - 1; step >= 0; step--)
        {
            int continuing = Layout.CountAt(step + 1);
            if (continuing > 0)
            {
                _tape.Backend.MultiplyPacked(Matrix.Of(_after.Slice(Layout.StartOf(step + 1), continuing)), packed, _sums.Slice(0, continuing), Precision.Float32);
            }

            for (int slot = 0; slot < Layout.CountAt(step); slot++)
            {
                BackwardRow(step, slot, slot < continuing);
                SetWeights(step, slot);
            }
        }

        _tape.Release(packed);
    }

    /// <summary>The probability of a label at a row.</summary>
    public double Marginal(int row, int label) => PortableMath.Exp(Doubles(_alpha, row)[label] + Doubles(_beta, row)[label]);

    /// <summary>Adds to each transition its expected number of uses in all sequences, times a factor.</summary>
    /// <param name="target">(C, C).</param>
    /// <param name="scale">The factor.</param>
    public void AddTransitions(Tensor target, double scale)
    {
        int first = Layout.CountAt(0), rows = Layout.Rows - first;
        if (rows == 0)
        {
            return;
        }

        Tensor products = _tape.Allocate(_transitions.Shape);
        _tape.Backend.Multiply(Matrix.Of(_before.Slice(first, rows)).Transposed, Matrix.Of(_after.Slice(first, rows)), products, Precision.Float32);
        Span<float> values = target.Span;
        ReadOnlySpan<float> uses = products.Span, exponentials = _exponentials.Span;
        for (int i = 0; i < values.Length; i++)
        {
            values[i] += (float)(scale * ((double)uses[i] * exponentials[i]));
        }

        _tape.Release(products);
        AddLargeRows(values, scale);
    }

    /// <summary>Lets go of the step.</summary>
    public void Clear()
    {
        _tape = null!;
        (_emissions, _transitions, _start, _end, _exponentials) = (default, default, default, default, default);
        (_alpha, _beta, _before, _after, _sums) = (default, default, default, default, default);
    }

    private void Allocate()
    {
        int rows = Layout.Rows;
        Shape floats = new(rows, _labels), doubles = new(rows, 2 * _labels);
        (_alpha, _beta) = (_tape.Allocate(doubles), _tape.Allocate(doubles));
        (_before, _after) = (_tape.Allocate(floats), _tape.Allocate(floats));
        _sums = _tape.Allocate(new Shape(Layout.CountAt(0), _labels));
        if (_norms.Length < rows || _endNorms.Length < Layout.Sequences || _values.Length < _labels)
        {
            (_norms, _isLarge, _endNorms, _values) = (new double[rows], new bool[rows], new double[Layout.Sequences], new double[_labels]);
        }

        Array.Clear(_endNorms);
    }

    /// <summary>exp(A - the largest of A), which is at most 1.</summary>
    private void Exponentiate()
    {
        _exponentials = _tape.Allocate(_transitions.Shape);
        ReadOnlySpan<float> scores = _transitions.Span;
        Span<float> values = _exponentials.Span;
        _peak = float.MinValue;
        foreach (float score in scores)
        {
            _peak = Math.Max(_peak, score);
        }

        for (int i = 0; i < scores.Length; i++)
        {
            values[i] = (float)PortableMath.Exp(scores[i] - _peak);
        }
    }

    private Tensor Pack(Matrix weight)
    {
        Tensor packed = _tape.Allocate(new Shape(_tape.Backend.PackedSize(weight, Precision.Float32)));
        _tape.Backend.Pack(weight, Precision.Float32, packed);
        return packed;
    }

    /// <summary>a_t and n_t, and exp(a_t) at the row of the next step for its product.</summary>
    private void ForwardRow(int step, int slot)
    {
        int row = Layout.StartOf(step) + slot;
        ReadOnlySpan<float> z = Emissions(step, slot), sums = step == 0 ? _start.Span : _sums.Span.Slice(slot * _labels, _labels);
        Span<double> a = Doubles(_alpha, row), exponentials = _values.AsSpan(0, _labels);
        double max = double.NegativeInfinity, sum = 0;
        for (int j = 0; j < a.Length; j++)
        {
            a[j] = z[j] + (step == 0 ? sums[j] : sums[j] < SmallestSum ? SumOfColumn(step, slot, j) : _peak + PortableMath.Log((double)sums[j]));
            max = Math.Max(max, a[j]);
        }

        for (int j = 0; j < a.Length; j++)
        {
            exponentials[j] = PortableMath.Exp(a[j] - max);
            sum += exponentials[j];
        }

        _norms[row] = max + PortableMath.Log(sum);
        bool continues = slot < Layout.CountAt(step + 1);
        Span<float> before = continues ? _before.Span.Slice((Layout.StartOf(step + 1) + slot) * _labels, _labels) : [];
        for (int j = 0; j < a.Length; j++)
        {
            a[j] -= _norms[row];
            if (continues)
            {
                before[j] = (float)(exponentials[j] / sum);
            }
            else
            {
                exponentials[j] = a[j] + _end.Span[j];
            }
        }

        _endNorms[slot] = continues ? 0 : LogSum(exponentials);
    }

    /// <summary>b_t.</summary>
    private void BackwardRow(int step, int slot, bool continues)
    {
        Span<double> b = Doubles(_beta, Layout.StartOf(step) + slot);
        if (!continues)
        {
            for (int i = 0; i < b.Length; i++)
            {
                b[i] = _end.Span[i] - _endNorms[slot];
            }

            return;
        }

        ReadOnlySpan<float> sums = _sums.Span.Slice(slot * _labels, _labels);
        for (int i = 0; i < b.Length; i++)
        {
            b[i] = sums[i] < SmallestSum ? SumOfRow(step, slot, i) : PortableMath.Log((double)sums[i]);
        }
    }

    /// <summary>exp(z_t(j) + b_t(j) - n_t + the largest of A), for the product of the step before; zeros where that is too large for float32.</summary>
    private void SetWeights(int step, int slot)
    {
        int row = Layout.StartOf(step) + slot;
        Span<double> logWeights = _values.AsSpan(0, _labels);
        double max = LogWeights(step, slot, logWeights) + _peak;
        _isLarge[row] = max > LargestLogWeight;
        Span<float> after = _after.Span.Slice(row * _labels, _labels);
        for (int j = 0; j < after.Length; j++)
        {
            after[j] = _isLarge[row] ? 0 : (float)PortableMath.Exp(logWeights[j] + _peak);
        }
    }

    /// <summary>z_t(j) + b_t(j) - n_t for all j.</summary>
    /// <returns>The largest.</returns>
    private double LogWeights(int step, int slot, Span<double> values)
    {
        int row = Layout.StartOf(step) + slot;
        ReadOnlySpan<float> z = Emissions(step, slot);
        ReadOnlySpan<double> b = Doubles(_beta, row);
        double max = double.NegativeInfinity;
        for (int j = 0; j < values.Length; j++)
        {
            values[j] = z[j] + b[j] - _norms[row];
            max = Math.Max(max, values[j]);
        }

        return max;
    }

    /// <summary>log sum over i of exp(a_(t-1)(i) + A_ij).</summary>
    private double SumOfColumn(int step, int slot, int j)
    {
        ReadOnlySpan<double> a = Doubles(_alpha, Layout.StartOf(step - 1) + slot);
        ReadOnlySpan<float> scores = _transitions.Span;
        Span<double> values = _values.AsSpan(0, _labels);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = a[i] + scores[(i * _labels) + j];
        }

        return LogSum(values);
    }

    /// <summary>log sum over j of exp(A_ij + z_(t+1)(j) + b_(t+1)(j) - n_(t+1)).</summary>
    private double SumOfRow(int step, int slot, int i)
    {
        Span<double> values = _values.AsSpan(0, _labels);
        LogWeights(step + 1, slot, values);
        ReadOnlySpan<float> scores = _transitions.Span.Slice(i * _labels, _labels);
        for (int j = 0; j < values.Length; j++)
        {
            values[j] += scores[j];
        }

        return LogSum(values);
    }

    /// <summary>What <see cref="AddTransitions"/> adds for rows whose weights are too large for the product.</summary>
    private void AddLargeRows(Span<float> target, double scale)
    {
        Span<double> weights = _values.AsSpan(0, _labels);
        ReadOnlySpan<float> scores = _transitions.Span;
        for (int step = 1; step < Layout.Steps; step++)
        {
            for (int slot = 0; slot < Layout.CountAt(step); slot++)
            {
                if (!_isLarge[Layout.StartOf(step) + slot])
                {
                    continue;
                }

                LogWeights(step, slot, weights);
                ReadOnlySpan<double> a = Doubles(_alpha, Layout.StartOf(step - 1) + slot);
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] += (float)(scale * PortableMath.Exp(a[i / _labels] + scores[i] + weights[i % _labels]));
                }
            }
        }
    }

    private ReadOnlySpan<float> Emissions(int step, int slot) => _emissions.Span.Slice(Layout.ElementAt(step, slot) * _labels, _labels);

    private Span<double> Doubles(Tensor tensor, int row) => MemoryMarshal.Cast<float, double>(tensor.Span).Slice(row * _labels, _labels);

    private static double LogSum(ReadOnlySpan<double> values)
    {
        double max = double.NegativeInfinity, sum = 0;
        foreach (double value in values)
        {
            max = Math.Max(max, value);
        }

        if (double.IsNegativeInfinity(max))
        {
            return max;
        }

        foreach (double value in values)
        {
            sum += PortableMath.Exp(value - max);
        }

        return max + PortableMath.Log(sum);
    }
}
