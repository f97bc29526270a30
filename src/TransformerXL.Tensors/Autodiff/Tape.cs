using System.Diagnostics.CodeAnalysis;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Autodiff;

/// <summary>
/// Records the operations of one step and differentiates them. Values live in an arena that the next step
/// reuses; after the first steps nothing is allocated. One thread at a time may use a tape.
/// </summary>
public sealed partial class Tape
{
    private readonly Arena _arena = new();
    private readonly List<Operation> _recorded = [];
    private readonly List<(int Position, IReadOnlyList<Parameter> Parameters)> _firstUses = [];
    private readonly OperationPool _operations = new();
    private readonly List<Variable> _variables = [];
    private readonly Dictionary<object, object> _scratch = new(ReferenceEqualityComparer.Instance);
    private readonly List<(Parameter Weight, PreparedWeight Prepared)> _preparedInOrder = [];
    private int _variablesInUse, _preparedInUse;
    private uint _masks;

    /// <summary>Creates an empty tape.</summary>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="precision">The precision of the operands of products with weights, forward and backward.</param>
    /// <exception cref="ArgumentException">The precision is Int8, which cannot be differentiated.</exception>
    public Tape(Backend backend, Precision precision = Precision.Float32)
    {
        if (precision == Precision.Int8)
        {
            throw new ArgumentException($"a tape computes in {Precision.Float32} or {Precision.Bfloat16}, not in {precision}", nameof(precision));
        }

        (Backend, Precision) = (backend, precision);
    }

    /// <summary>
    /// Creates a tape for evaluation only: products read prepared weights, with few rows at the
    /// speed of the memory, and memory given to <see cref="Recycle"/> is reused within the step.
    /// </summary>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="weights">The prepared weights of the model, shared with other tapes.</param>
    public Tape(Backend backend, PreparedWeights weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        (Backend, Weights) = (backend, weights);
        Precision = weights.Precision == Precision.Int8 ? Precision.Float32 : weights.Precision;
    }

    /// <summary>The backend that computes the operations.</summary>
    public Backend Backend { get; }

    /// <summary>The precision of the operands of products with weights.</summary>
    public Precision Precision { get; }

    /// <summary>The prepared weights of a tape that only evaluates; null for one that can differentiate.</summary>
    public PreparedWeights? Weights { get; }

    /// <summary>
    /// Whether each row of a product with a prepared weight gets the bits that it gets alone, however many rows there are: for rows of texts that have nothing to do with each
    /// other. Products of many rows are slower then.
    /// </summary>
    public bool RowsAlone { get; set; }

    /// <summary>
    /// Whether products with prepared weights give the bits of a tape that can differentiate, however few rows they have, so that a row has the same bits beside any number of others. Products of few rows are
    /// slower then, and layers of recurrent cells do not use prepared weights.
    /// </summary>
    public bool AsInTraining { get; init; }

    /// <summary>Whether operations are recorded for <see cref="Backward"/> and dropout drops.</summary>
    public bool IsTraining { get; private set; }

    /// <summary>The seed of dropout.</summary>
    public ulong Seed { get; private set; }

    /// <summary>The number of the step, on which dropout depends.</summary>
    public uint Step { get; private set; }

    /// <summary>Bytes of native memory held for values of a step.</summary>
    public long BytesReserved => _arena.BytesReserved + (_part?.BytesReserved ?? 0);

    /// <summary>Bytes of it that the current step uses.</summary>
    public long BytesInUse => _arena.BytesInUse + (_part?.BytesInUse ?? 0);

    /// <summary>Releases all values of the last step and begins a step for evaluation only.</summary>
    public void BeginEvaluation() => Begin(training: false, 0, 0);

    /// <summary>Releases all values of the last step and begins a step that is differentiated, with new dropout.</summary>
    /// <exception cref="InvalidOperationException">The tape was created to evaluate only.</exception>
    public void BeginTraining(ulong seed, uint step)
    {
        if (Weights is not null)
        {
            throw new InvalidOperationException("the tape was created with prepared weights, which are for evaluation only");
        }

        Begin(training: true, seed, step);
    }

    /// <summary>Wraps a value that needs no gradient.</summary>
    public Variable Constant(Tensor value)
    {
        Backend.RequireFree();
        return NewVariable(value, requiresGradient: false);
    }

    /// <summary>Allocates memory that lives until the next step begins. Its contents are undefined.</summary>
    public Tensor Allocate(Shape shape)
    {
        Backend.RequireFree();
        return Memory.Allocate(shape);
    }

    /// <summary>Copies token ids into memory that lives until the next step begins.</summary>
    public IndexTensor Allocate(ReadOnlySpan<int> ids)
    {
        Backend.RequireFree();
        return Memory.Allocate(ids);
    }

    /// <summary>Working memory of a part of a model that belongs to this tape, so that two tapes can use the part at once; created at the first call.</summary>
    /// <typeparam name="TOwner">The part of the model; it has one such object in a tape.</typeparam>
    /// <typeparam name="TScratch">The working memory.</typeparam>
    /// <param name="owner">The part of the model.</param>
    /// <param name="create">Creates the working memory.</param>
    public TScratch Scratch<TOwner, TScratch>(TOwner owner, Func<TOwner, TScratch> create)
        where TOwner : class
        where TScratch : class
    {
        ArgumentNullException.ThrowIfNull(create);
        using BackendUse use = Backend.Enter();
        if (!_scratch.TryGetValue(owner, out object? scratch))
        {
            _scratch[owner] = scratch = create(owner);
        }

        return (TScratch)scratch;
    }

    /// <summary>
    /// Declares that the forward pass no longer reads a value. A tape for evaluation only gives its memory to the next value of the
    /// same size. A tape that can differentiate does so only with activations and normalised values, which it computes again where the backward pass
    /// needs them (Korthikanti et al. 2022, "Reducing Activation Recomputation in Large Transformer Models"); it keeps all others.
    /// </summary>
    /// <param name="variable">A value that an operation of this step returned, not a view of another value.</param>
    public void Recycle(Variable variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        Backend.RequireFree();
        if (Weights is not null)
        {
            _arena.Release(variable.Value);
        }
        else
        {
            variable.Recycle(this);
        }
    }

    /// <summary>Releases memory of <see cref="Allocate(Shape)"/> before the step ends.</summary>
    public void Release(Tensor tensor)
    {
        Backend.RequireFree();
        (_inPart && _part!.Owns(tensor) ? _part : _arena).Release(tensor);
    }

    /// <summary>
    /// Records that no earlier operation uses the given parameters: the backward pass has completed their gradients when it reaches this point.
    /// <see cref="Backward"/> reports it to its listener. If several segments are read in one step, the first call with a list counts.
    /// </summary>
    /// <param name="parameters">Parameters that only operations after this call use.</param>
    public void MarkFirstUse(IReadOnlyList<Parameter> parameters)
    {
        if (IsTraining && !_inPart && !IsMarked(parameters))
        {
            _firstUses.Add((_recorded.Count, parameters));
        }
    }

    private bool IsMarked(IReadOnlyList<Parameter> parameters)
    {
        foreach ((_, IReadOnlyList<Parameter> marked) in _firstUses)
        {
            if (ReferenceEquals(marked, parameters))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Adds to the gradient of every parameter that the loss depends on.</summary>
    /// <param name="loss">One number.</param>
    /// <param name="seed">The factor of the gradients.</param>
    /// <param name="completed">Receives parameters whose gradients are complete before the backward pass ends (<see cref="MarkFirstUse"/>).</param>
    /// <exception cref="InvalidOperationException">The step was begun for evaluation.</exception>
    public void Backward(Variable loss, float seed = 1, Action<IReadOnlyList<Parameter>>? completed = null)
    {
        if (!IsTraining)
        {
            throw new InvalidOperationException("the step was begun for evaluation, nothing has been recorded to differentiate");
        }

        using BackendUse use = Backend.Enter();
        BeginReturn();
        GradientToSet(loss).Span.Fill(seed);
        int uses = _firstUses.Count;
        for (int i = _recorded.Count - 1; i >= 0; i--)
        {
            for (; uses > 0 && _firstUses[uses - 1].Position > i; uses--)
            {
                completed?.Invoke(_firstUses[uses - 1].Parameters);
            }

            Differentiate(_recorded[i]);
            _arena.Return(_recorded[i].TakenBefore);
        }

        _recorded.Clear();
        _firstUses.Clear();
        EndReturn();
    }

    private void Differentiate(Operation operation)
    {
        if (!operation.Output.Gradient.IsEmpty)
        {
            operation.Backward(this);
            Release(operation.Output);
            operation.Output.ReleaseValue(this);
        }
    }

    /// <summary>A new value, to be filled by an <see cref="Operation"/>. Its contents are undefined; it lives until it is recycled or the next step begins.</summary>
    /// <param name="shape">The axes.</param>
    /// <param name="requiresGradient">Whether the backward pass needs its gradient: as a rule, whether any input's <see cref="Variable.RequiresGradient"/> is set.</param>
    public Variable NewVariable(Shape shape, bool requiresGradient) => NewVariable(Memory.Allocate(shape), requiresGradient);

    /// <summary>A value in memory that the operation already has, such as a part of its saved values.</summary>
    /// <param name="value">Memory of this step, or memory that lives longer.</param>
    /// <param name="requiresGradient">Whether the backward pass needs its gradient.</param>
    public Variable NewVariable(Tensor value, bool requiresGradient)
    {
        Variable variable = NextVariable();
        variable.Value = value;
        variable.RequiresGradient = requiresGradient;
        return variable;
    }

    /// <summary>An operation of a type, new or from an earlier step. The tape reclaims it when the next step begins.</summary>
    /// <typeparam name="TOperation">The type.</typeparam>
    public TOperation Rent<TOperation>() where TOperation : Operation, new()
    {
        Backend.RequireFree();
        return _operations.Rent<TOperation>();
    }

    /// <summary>Records an operation for the backward pass if that needs it. Called at the end of a forward pass.</summary>
    /// <param name="operation">The operation from <see cref="Rent{TOperation}"/>.</param>
    /// <param name="output">Its result, which becomes <see cref="Operation.Output"/>.</param>
    /// <returns>The result.</returns>
    public Variable Record(Operation operation, Variable output)
    {
        ArgumentNullException.ThrowIfNull(operation);
        ArgumentNullException.ThrowIfNull(output);
        operation.Output = output;
        if (IsTraining && output.RequiresGradient && !_forgets)
        {
            _recorded.Add(operation);
            (operation.TakenBefore, _takenBefore) = (_takenBefore, _arena.Taken);
            output.Restorer = operation.Restores ? operation : null;
        }

        return output;
    }

    /// <summary>
    /// The prepared form of a weight; null on a tape that can differentiate. Steps use the same weights in the same order, so
    /// the weight that came next in the last step is tried before the dictionary.
    /// </summary>
    internal PreparedWeight? Prepared(Parameter weight)
    {
        if (Weights is null)
        {
            return null;
        }

        int next = _preparedInUse++;
        if (next < _preparedInOrder.Count && _preparedInOrder[next] is var (last, prepared) && last == weight)
        {
            return prepared;
        }

        prepared = Weights.Of(weight, Backend);
        _preparedInOrder.RemoveRange(next, _preparedInOrder.Count - next);
        _preparedInOrder.Add((weight, prepared));
        return prepared;
    }

    /// <summary>The mask of the next dropout of this step: inactive unless training.</summary>
    internal DropoutMask NextMask(float probability)
    {
        _masks++;
        return IsTraining && probability > 0 ? new DropoutMask(probability, Seed, Step, _masks) : default;
    }

    /// <summary>The gradient of a variable, for the backward pass of an operation to write to.</summary>
    /// <param name="variable">An input of the operation, which requires a gradient.</param>
    /// <param name="add">Whether it already holds a gradient, which must be added to; otherwise its contents are undefined, and every element must be set.</param>
    public Tensor Gradient(Variable variable, out bool add)
    {
        ArgumentNullException.ThrowIfNull(variable);
        if (variable is Parameter parameter)
        {
            add = parameter.HasGradient;
            parameter.HasGradient = true;
            if (parameter.Gradient.IsEmpty)
            {
                parameter.Gradient = AllocateGradient(parameter);
            }
        }
        else
        {
            add = !variable.Gradient.IsEmpty;
            if (!add)
            {
                variable.Gradient = AllocateFor(variable, variable.Shape);
            }
        }

        return variable.Gradient;
    }

    /// <summary>The gradient of a variable to add to: zeroed if it is new.</summary>
    /// <param name="variable">An input of the operation, which requires a gradient.</param>
    public Tensor GradientToAdd(Variable variable)
    {
        Tensor gradient = Gradient(variable, out bool add);
        if (!add)
        {
            gradient.Span.Clear();
        }

        return gradient;
    }

    /// <summary>The gradient of a variable that only one operation reads, to be overwritten.</summary>
    /// <param name="variable">An input of the operation, which requires a gradient.</param>
    /// <exception cref="InvalidOperationException">Another operation has written to it.</exception>
    public Tensor GradientToSet(Variable variable)
    {
        Tensor gradient = Gradient(variable, out bool add);
        if (add)
        {
            ThrowSecondReader(variable.Shape);
        }

        return gradient;
    }

    /// <summary>Memory that lives as long as a variable.</summary>
    internal Tensor AllocateFor(Variable variable, Shape shape) => (variable.IsOfPart ? _part! : _arena).Allocate(shape);

    /// <summary>Releases the memory of a gradient that is no longer needed, for later gradients.</summary>
    internal void Release(Variable variable)
    {
        Release(variable.Gradient);
        variable.Gradient = default;
    }

    private void Begin(bool training, ulong seed, uint step)
    {
        using BackendUse use = Backend.Enter();
        (IsTraining, Seed, Step, _masks, _inPart, _forgets) = (training, seed, step, 0, false, false);
        _recorded.Clear();
        _firstUses.Clear();
        _operations.TakeBack();
        TakeBackVariables(0);
        _preparedInUse = 0;
        TakeBackGradients();
        _arena.Reset();
        _part?.Reset();
    }

    private void TakeBackVariables(int first)
    {
        for (int i = first; i < _variablesInUse; i++)
        {
            _variables[i].Clear();
        }

        _variablesInUse = first;
    }

    private Variable NextVariable()
    {
        if (_variablesInUse == _variables.Count)
        {
            _variables.Add(Variable.Create());
        }

        Variable variable = _variables[_variablesInUse++];
        variable.IsOfPart = _inPart;
        return variable;
    }

    [DoesNotReturn]
    private static void ThrowSecondReader(Shape shape) =>
        throw new InvalidOperationException($"a value of shape {shape} is read by a second operation, but its first reader requires to be the only one");
}
