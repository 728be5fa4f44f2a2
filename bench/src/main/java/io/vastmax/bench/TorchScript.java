package io.vastmax.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A function of tensors in TorchScript: by way of it come PyTorch's operations that DJL does not hand on, with autograd. */
final class TorchScript implements AutoCloseable {
    private final PtSymbolBlock block;

    private TorchScript(PtSymbolBlock block) {
        this.block = block;
    }

    /**
     * Compiles a function.
     *
     * @param parameters the names of its tensors, with commas
     * @param body its lines, the last of which returns a tensor
     */
    static TorchScript of(PyTorch pytorch, String parameters, String... body) {
        String code = """
                class Function(Module):
                  __parameters__ = []
                  __buffers__ = []
                  training : bool
                  def forward(self: __torch__.Function, %s: Tensor) -> Tensor:
                    %s
                """.formatted(parameters.replace(",", ": Tensor,"), String.join("\n    ", body));
        try {
            return new TorchScript(JniUtils.loadModule(
                    (PtNDManager) pytorch.manager, new ByteArrayInputStream(archive(code)), false, false));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its value. */
    NDArray call(NDArray... tensors) {
        return IValueUtils.forward(block, new NDList(tensors), true).singletonOrThrow();
    }

    @Override
    public void close() {
        block.close();
    }

    /** As {@code torch.jit.save} writes it: the code, and a pickled object that has nothing but a flag, whether it trains. */
    private static byte[] archive(String code) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            add(zip, "data.pkl", "\u0080\u0002c__torch__\nFunction\n)\u0081}X\b\0\0\0training\u0088sb.");
            add(zip, "code/__torch__.py", code);
            add(zip, "constants.pkl", "\u0080\u0002).");
            add(zip, "version", "3\n");
        }
        return out.toByteArray();
    }

    private static void add(ZipOutputStream zip, String name, String content) throws IOException {
        zip.putNextEntry(new ZipEntry("function/" + name));
        zip.write(content.getBytes(StandardCharsets.ISO_8859_1));
        zip.closeEntry();
    }
}
