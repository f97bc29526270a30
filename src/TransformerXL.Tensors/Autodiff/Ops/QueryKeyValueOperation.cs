using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>
/// q = h Wq^T for the rows of the segment, [k, v] = h~ Wkv^T for memory and segment, from one weight [Wq; Wk; Wv]
/// (3 H d_h, d) and h~ (M + L, B, d), whose last L rows are h. Gives q (L, B, H d_h) and kv (M + L, B, 2 H d_h).
/// </summary>
public sealed class QueryKeyValueOperation : Operation
{
    private Variable _input = null!, _weight = null!, _queries = null!;
    private int _memoryRows;
    private bool _memoryGradient;

    internal (Variable Queries, Variable KeysValues) Forward(Tape tape, Variable input, Variable weight, int memoryRows, bool memoryGradient)
    {
        Check.Equal("query, key, value", "the length of an input row", input.Shape.Columns, weight.Shape[1]);
        Check.Equal("query, key, value", "the rows of the weight beyond a multiple of 3", weight.Shape[0] % 3, 0);
        (_input, _weight, _memoryRows, _memoryGradient) = (input, weight, memoryRows, memoryGradient);
        Shape shape = input.Shape;
        int heads = weight.Shape[0] / 3, length = shape[0] - memoryRows;
        _queries = tape.NewVariable(new Shape(length, shape[1], heads), requiresGradient: true);
        Variable keysValues = tape.NewVariable(new Shape(shape[0], shape[1], 2 * heads), requiresGradient: true);
        Project(tape, input.Value.Slice(memoryRows, length), weight.Stored.Slice(0, heads), _queries.Value);
        Project(tape, input.Value, weight.Stored.Slice(heads, 2 * heads), keysValues.Value);
        tape.Record(this, keysValues);
        return (_queries, keysValues);
    }

    /// <inheritdoc/>
    public override void Backward(Tape tape)
    {
        int heads = _weight.Shape[0] / 3, length = _queries.Shape[0];
        Tensor weightGradient = tape.Gradient(_weight, out bool add);
        WeightGradient(tape, _queries.Gradient, _input.Value.Slice(_memoryRows, length), weightGradient.Slice(0, heads), add);
        WeightGradient(tape, Output.Gradient, _input.Value, weightGradient.Slice(heads, 2 * heads), add);
        _input.ReleaseValue(tape);
        if (_input.RequiresGradient)
        {
            int from = _memoryGradient ? 0 : _memoryRows;
            Tensor target = tape.GradientToSet(_input);
            InputGradient(tape, Output.Gradient.Slice(from, _input.Shape[0] - from), _weight.Stored.Slice(heads, 2 * heads), target.Slice(from, _input.Shape[0] - from), false);
            InputGradient(tape, _queries.Gradient, _weight.Stored.Slice(0, heads), target.Slice(_memoryRows, length), true);
        }

        tape.Release(_queries);
    }

    /// <inheritdoc/>
    public override void Clear() => (_input, _weight, _queries) = (null!, null!, null!);

    private static void Project(Tape tape, Tensor input, Tensor weight, Tensor output) =>
        tape.Backend.Multiply(Matrix.Of(input), Matrix.Of(weight).Transposed, output, tape.Precision);

    private static void WeightGradient(Tape tape, Tensor gradient, Tensor input, Tensor target, bool add) =>
        tape.Backend.Multiply(Matrix.Of(gradient).Transposed, Matrix.Of(input), target, tape.Precision, add);

    private static void InputGradient(Tape tape, Tensor gradient, Tensor weight, Tensor target, bool add) =>
        tape.Backend.Multiply(Matrix.Of(gradient), Matrix.Of(weight), target, tape.Precision, add);
}
