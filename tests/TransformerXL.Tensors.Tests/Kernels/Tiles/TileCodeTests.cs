using Iced.Intel;
using TransformerXL.Tensors.Kernels.Tiles;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels.Tiles;

public sealed class TileCodeTests
{
    [Fact]
    public void dump()
    {
        File.WriteAllText("/tmp/amx_listing.txt", Listing(TileCode.EmitMultiply()) + "\n----\n" + Listing(TileCode.EmitPeak()) + "\n---\n" + Listing(TileCode.EmitEnabledState()));
        File.WriteAllBytes("/tmp/amx_code.bin", TileCode.EmitMultiply());
        File.WriteAllBytes("/tmp/amx_peak.bin", TileCode.EmitPeak());
        File.WriteAllBytes("/tmp/amx_xcr.bin", TileCode.EmitEnabledState());
    }

    private static string Listing(byte[] code)
    {
        Decoder decoder = Decoder.Create(64, code, ip: 0);
        NasmFormatter formatter = new();
        StringOutput output = new();
        List<string> lines = [];
        while (decoder.IP < (ulong)code.Length)
        {
            Instruction instruction = decoder.Decode();
            formatter.Format(instruction, output);
            lines.Add($"{instruction.IP:X}: " + output.ToStringAndReset());
        }

        return string.Join('\n', lines);
    }
}
