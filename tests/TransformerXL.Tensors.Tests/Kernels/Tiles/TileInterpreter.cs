using Iced.Intel;

namespace TransformerXL.Tensors.Tests.Kernels.Tiles;

/// <summary>
/// Executes the few instructions that the code for tiles and for vectors consists of, so that it is tested on every processor. Refuses any other
/// instruction, any register that a callee must save, and any memory that was not named.
/// </summary>
internal sealed unsafe class TileInterpreter
{
    private static readonly Register[] Free = [Register.RAX, Register.RCX, Register.RDX, Register.RSI, Register.RDI, Register.R8, Register.R9, Register.R10, Register.R11];

    private readonly Dictionary<ulong, Instruction> _code = [];
    private readonly Dictionary<Register, ulong> _registers = [];
    private readonly TileRegisters _tiles = new();
    private readonly VectorRegisters _vectors = new();
    private readonly MemoryRegions _memory;
    private readonly byte[] _bytes;
    private bool _isZero;

    public TileInterpreter(byte[] code, MemoryRegions memory)
    {
        (_bytes, _memory) = (code, memory);
        Decoder decoder = Decoder.Create(64, code, ip: 0);
        while (decoder.IP < (ulong)code.Length)
        {
            Instruction instruction = decoder.Decode();
            _code[instruction.IP] = instruction;
        }
    }

    /// <summary>Calls the code with one argument and runs it until it returns; there must be no tiles in use then.</summary>
    public void Run(ulong argument)
    {
        // What else a caller leaves in the registers is anything.
        foreach (Register register in Free)
        {
            _registers[register] = 0xDEAD_BEEF_DEAD_BEEF;
        }

        _registers[Register.RDI] = argument;
        ulong at = 0;
        while (_code[at].Mnemonic != Mnemonic.Ret)
        {
            at = Step(_code[at]);
        }

        if (_tiles.AreConfigured)
        {
            throw new InvalidOperationException("the code returns with tiles in use");
        }
    }

    /// <summary>Executes an instruction and returns the address of the one that follows.</summary>
    private ulong Step(in Instruction i)
    {
        switch (i.Mnemonic)
        {
            case Mnemonic.Jmp:
                return i.NearBranchTarget;
            case Mnemonic.Jne:
                return _isZero ? i.NextIP : i.NearBranchTarget;
            case Mnemonic.Je:
                return _isZero ? i.NearBranchTarget : i.NextIP;
            case Mnemonic.Prefetcht0 or Mnemonic.Prefetcht1:
                break;
            case Mnemonic.Mov:
                Write(i, Read(i, 1));
                break;
            case Mnemonic.Add:
                SetFlag(Write(i, Read(i, 0) + Read(i, 1)));
                break;
            case Mnemonic.Dec:
                SetFlag(Write(i, Read(i, 0) - 1));
                break;
            case Mnemonic.Shl:
                SetFlag(Write(i, Read(i, 0) << (int)Read(i, 1)));
                break;
            case Mnemonic.Cmp:
                SetFlag(Read(i, 0) - Read(i, 1));
                break;
            default:
                StepTiles(i);
                break;
        }

        return i.NextIP;
    }

    private void StepTiles(in Instruction i)
    {
        switch (i.Mnemonic)
        {
            case Mnemonic.Ldtilecfg when i.IsIPRelativeMemoryOperand:
                _tiles.Configure(_bytes.AsSpan((int)i.IPRelativeMemoryAddress, 64));
                break;
            case Mnemonic.Tilerelease:
                _tiles.Release();
                break;
            case Mnemonic.Tilezero:
                _tiles.Clear(Tile(i, 0));
                break;
            case Mnemonic.Tileloadd:
                for (int row = 0; row < 16; row++)
                {
                    new Span<byte>(_memory.At(RowAddress(i, row), 64, write: false), 64).CopyTo(_tiles.Row(Tile(i, 0), row));
                }

                break;
            case Mnemonic.Tilestored:
                for (int row = 0; row < 16; row++)
                {
                    _tiles.Row(Tile(i, 1), row).CopyTo(new Span<byte>(_memory.At(RowAddress(i, row), 64, write: true), 64));
                }

                break;
            case Mnemonic.Tdpbf16ps:
                _tiles.MultiplyAdd(Tile(i, 0), Tile(i, 1), Tile(i, 2));
                break;
            default:
                StepVectors(i);
                break;
        }
    }

    private void StepVectors(in Instruction i)
    {
        switch (i.Mnemonic)
        {
            case Mnemonic.Vzeroupper:
                break;
            case Mnemonic.Vpxord when i.Op1Register == i.Op0Register && i.Op2Register == i.Op0Register:
                _vectors[Vector(i, 0)].Clear();
                break;
            case Mnemonic.Vmovups when i.Op0Kind == OpKind.Memory:
                _vectors[Vector(i, 1)].CopyTo(new Span<float>(_memory.At(VectorAddress(i), 64, write: true), 16));
                break;
            case Mnemonic.Vmovups:
                new Span<float>(_memory.At(VectorAddress(i), 64, write: false), 16).CopyTo(_vectors[Vector(i, 0)]);
                break;
            case Mnemonic.Vpbroadcastd when i.Op1Kind == OpKind.Memory:
                _vectors.Broadcast(Vector(i, 0), *(uint*)_memory.At(VectorAddress(i), 4, write: false));
                break;
            case Mnemonic.Vdpbf16ps when i.Op2Kind == OpKind.Register:
                _vectors.MultiplyAdd(Vector(i, 0), Vector(i, 1), Vector(i, 2));
                break;
            case Mnemonic.Vpdpbusd when i.Op2Kind == OpKind.Register:
                _vectors.MultiplyAddBytes(Vector(i, 0), Vector(i, 1), _vectors[Vector(i, 2)]);
                break;
            case Mnemonic.Vpdpbusd:
                _vectors.MultiplyAddBytes(Vector(i, 0), Vector(i, 1), new Span<float>(_memory.At(VectorAddress(i), 64, write: false), 16));
                break;
            case Mnemonic.Vpaddd when i.Op2Kind == OpKind.Register:
                _vectors.Add(Vector(i, 0), Vector(i, 1), Vector(i, 2));
                break;
            default:
                throw new InvalidOperationException($"the interpreter does not know {i}");
        }
    }

    private static int Vector(in Instruction i, int operand) => i.GetOpRegister(operand).IsZMM()
        ? i.GetOpRegister(operand) - Register.ZMM0
        : throw new InvalidOperationException($"the interpreter does not know the operand of {i}");

    private ulong VectorAddress(in Instruction i) => i.MemoryIndex == Register.None
        ? this[i.MemoryBase] + i.MemoryDisplacement64
        : throw new InvalidOperationException($"the interpreter does not know the operand of {i}");

    private void SetFlag(ulong result) => _isZero = result == 0;

    private static int Tile(in Instruction i, int operand) => i.GetOpRegister(operand) - Register.TMM0;

    /// <summary>Tile instructions take the index register as the distance between rows.</summary>
    private ulong RowAddress(in Instruction i, int row) =>
        this[i.MemoryBase] + (ulong)((long)this[i.MemoryIndex] * i.MemoryIndexScale * row) + i.MemoryDisplacement64;

    private ulong Read(in Instruction i, int operand) => i.GetOpKind(operand) switch
    {
        OpKind.Register => this[i.GetOpRegister(operand)],
        OpKind.Memory => *(ulong*)Field(i, write: false),
        _ => i.GetImmediate(operand),
    };

    /// <summary>Writes the first operand.</summary>
    private ulong Write(in Instruction i, ulong value)
    {
        if (i.Op0Kind == OpKind.Memory)
        {
            *(ulong*)Field(i, write: true) = value;
        }
        else
        {
            _registers[Checked(i.Op0Register)] = i.Op0Register.IsGPR32() ? (uint)value : value;
        }

        return value;
    }

    private byte* Field(in Instruction i, bool write)
    {
        if (i.MemoryIndex != Register.None || i.MemorySize.GetSize() != 8)
        {
            throw new InvalidOperationException($"the interpreter does not know the operand of {i}");
        }

        return _memory.At(this[i.MemoryBase] + i.MemoryDisplacement64, 8, write);
    }

    private ulong this[Register register] => _registers[Checked(register)];

    private static Register Checked(Register register) => Array.IndexOf(Free, register.GetFullRegister()) >= 0
        ? register.GetFullRegister()
        : throw new InvalidOperationException($"the code uses {register}, which a callee must leave alone");
}
